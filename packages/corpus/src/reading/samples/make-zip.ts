// SPDX-License-Identifier: Apache-2.0
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipMember {
  readonly name: string | Buffer;
  readonly data: string | Buffer;
  /** Default: marked as UTF-8 when the name is a string. */
  readonly flags?: number;
  readonly method?: number;
  /** Unix file type and permissions. */
  readonly mode?: number;
  /** Uncompressed size and CRC-32 to state in place of the true ones. */
  readonly statedBytes?: number;
  readonly statedSum?: number;
}

/** A ZIP archive (PKWARE APPNOTE) for tests, lies included. */
export function makeZip(members: readonly ZipMember[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const member of members) {
    const name = Buffer.from(member.name);
    const data = Buffer.from(member.data);
    const method = member.method ?? 8;
    const packed = method === 8 ? deflateRawSync(data) : data;
    const fixed = Buffer.alloc(26);
    fixed.writeUInt16LE(20, 0);
    fixed.writeUInt16LE(member.flags ?? (typeof member.name === 'string' ? 0x800 : 0), 2);
    fixed.writeUInt16LE(method, 4);
    fixed.writeUInt32LE(member.statedSum ?? crc32(data), 10);
    fixed.writeUInt32LE(packed.length, 14);
    fixed.writeUInt32LE(member.statedBytes ?? data.length, 18);
    fixed.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fixed, name, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((member.mode ?? 0o100_644) << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), fixed, rest, name);
    bodies.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...bodies, central, Buffer.from('PK\x05\x06', 'latin1'), end]);
}
