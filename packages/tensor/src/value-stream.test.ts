// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { piecesOf, pieceValues } from './value-stream.ts';

async function collect(chunks: Iterable<Float32Array>, count: number): Promise<Float32Array[]> {
  const pieces: Float32Array[] = [];
  for await (const piece of piecesOf(chunks, count, 't')) pieces.push(piece.slice());
  return pieces;
}

test('pieces hold the values in order, and all but the last are full, however the chunks are cut', async () => {
  const values = Float32Array.from({ length: pieceValues * 2 + 12_345 }, (_, index) => index);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: values.length }), { maxLength: 6 }), async (cuts) => {
      const edges = [0, ...cuts.toSorted((a, b) => a - b), values.length];
      const scratch = new Float32Array(values.length);
      const pieces = await collect(reusedChunks(), values.length);
      assert.deepEqual(
        pieces.map(({ length }) => length),
        [pieceValues, pieceValues, 12_345],
      );
      assert.deepEqual(Buffer.concat(pieces.map(bytesOf)), Buffer.from(bytesOf(values)));

      /** Every chunk in the same memory, as a producer may do. */
      function* reusedChunks(): Generator<Float32Array> {
        for (let index = 1; index < edges.length; index += 1) {
          const chunk = scratch.subarray(0, edges[index]! - edges[index - 1]!);
          chunk.set(values.subarray(edges[index - 1]!, edges[index]!));
          yield chunk;
        }
      }
    }),
    { numRuns: 20 },
  );
});

const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

test('too few or too many values are refused, naming the tensor', async () => {
  await assert.rejects(collect([new Float32Array(3)], 4), /tensor t: 3 values for 4/);
  await assert.rejects(collect([new Float32Array(3), new Float32Array(2)], 4), /tensor t: more than 4/);
  assert.deepEqual(await collect([], 0), []);
});
