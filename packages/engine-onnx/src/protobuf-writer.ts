// SPDX-License-Identifier: Apache-2.0

/** Protocol Buffers wire format, as much of it as ONNX files need: varints, fixed 32-bit floats and length-delimited fields. */
export class ProtobufWriter {
  readonly #chunks: Uint8Array[] = [];

  varint(field: number, value: number): this {
    this.#push(encodeVarint(field * 8), encodeVarint(value));
    return this;
  }

  float(field: number, value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    this.#push(encodeVarint(field * 8 + 5), bytes);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#push(encodeVarint(field * 8 + 2), encodeVarint(value.length), value);
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'));
  }

  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value.finish());
  }

  packedVarints(field: number, values: readonly number[]): this {
    return this.bytes(field, Buffer.concat(values.map(encodeVarint)));
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }

  #push(...chunks: Uint8Array[]): void {
    this.#chunks.push(...chunks);
  }
}

/** Negative numbers as 64-bit two's complement, ten bytes long. */
function encodeVarint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}
