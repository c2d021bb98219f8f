// SPDX-License-Identifier: Apache-2.0

/** Bytes per second of one core, each primitive alone. */
export interface MachineRates {
  /** Copying blocks of a MiB. */
  readonly copy: number;
  /** float32 into levels, bytes of float32. */
  readonly quantise: number;
  /** AES-256-CTR key stream. */
  readonly cipher: number;
  readonly sha256: number;
  /** One body from a client to a server over loopback, both ends' processor time together; no digest, no TLS, no file. */
  readonly transfer: number;
  /** Writing a file into the page cache. */
  readonly write: number;
  /** Reading a file that is in the page cache. */
  readonly read: number;
  /** Writing files of 8 MiB with fdatasync, wall time: what the disk takes. */
  readonly disk: number;
}

export interface RoundSize {
  readonly members: number;
  readonly dropped: number;
  readonly bits: 8 | 16;
  readonly cores: number;
}

/**
 * Seconds per parameter that a round on one machine takes if nothing but its arithmetic and its bytes cost anything and all cores are always
 * busy. Per byte: a mask stream is cipher + addition; a shard is hashed at both ends, transferred and written once; the sum reads and adds every
 * survivor's words and then applies one stream per survivor and, for each lost member, one more. Quantising is left out: a round of the
 * bench begins with the levels on disk. Work for members that are lost, small messages, signatures and the disk's own time are left out too.
 */
export function computedLimit(rates: MachineRates, { members, dropped, bits, cores }: RoundSize): number {
  const bytes = bits / 8;
  const survivors = members - dropped;
  const stream = 1 / rates.cipher + 1 / rates.copy;
  const member = bytes * (members * stream + 1 / rates.sha256);
  const hub = bytes * survivors * (sumInput(rates) + (1 + dropped) * stream);
  return (survivors * (member + bytes / rates.transfer) + hub) / cores;
}

/** {@link computedLimit} of the control: the same without a stream. */
export function computedPlainLimit(rates: MachineRates, { members, dropped, bits, cores }: RoundSize): number {
  const perByte = 1 / rates.sha256 + 1 / rates.transfer + sumInput(rates);
  return ((bits / 8) * (members - dropped) * perByte) / cores;
}

/** Seconds per byte from an arrived body to its place in the sum. */
function sumInput(rates: MachineRates): number {
  return 1 / rates.sha256 + 1 / rates.write + 1 / rates.read + 1 / rates.copy;
}
