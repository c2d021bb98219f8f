// SPDX-License-Identifier: Apache-2.0

/** Little-endian bytes that grow as they are written. */
export class GrowingBytes {
  #buffer = Buffer.alloc(1 << 16);
  #length = 0;

  uint8(value: number): void {
    this.#length = this.#room(1).writeUInt8(value, this.#length);
  }

  uint32(value: number): void {
    this.#length = this.#room(4).writeUInt32LE(value, this.#length);
  }

  int32(value: number): void {
    this.#length = this.#room(4).writeInt32LE(value, this.#length);
  }

  float32(value: number): void {
    this.#length = this.#room(4).writeFloatLE(value, this.#length);
  }

  uint64(value: number | bigint): void {
    this.#length = this.#room(8).writeBigUInt64LE(BigInt(value), this.#length);
  }

  /** UTF-8 behind its length in 8 bytes. */
  text(value: string): void {
    const byteLength = Buffer.byteLength(value, 'utf8');
    this.uint64(byteLength);
    this.#length += this.#room(byteLength).write(value, this.#length, 'utf8');
  }

  zeros(count: number): void {
    this.#room(count).fill(0, this.#length, this.#length + count);
    this.#length += count;
  }

  get length(): number {
    return this.#length;
  }

  written(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #room(count: number): Buffer {
    if (this.#length + count > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(this.#buffer.length * 2, this.#length + count));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    return this.#buffer;
  }
}
