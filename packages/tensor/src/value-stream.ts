// SPDX-License-Identifier: Apache-2.0

/** Values of one tensor in row-major order, whole or in chunks of any size. A chunk may be reused once the next one is asked for. */
export type ValueStream = Float32Array | Iterable<Float32Array> | AsyncIterable<Float32Array>;

/** Values handled at once by the writers: 1 MiB of float32, a multiple of every block length. */
export const pieceValues = 1 << 18;

/**
 * The stream in pieces of exactly {@link pieceValues}, the last one shorter, so that block formats never meet a boundary inside a block.
 * @throws RangeError when there are more or fewer than `expectedCount` values.
 */
export async function* piecesOf(
  stream: ValueStream,
  expectedCount: number,
  tensorName: string,
): AsyncGenerator<Float32Array> {
  let seen = 0;
  let held: Float32Array | undefined;
  let heldCount = 0;
  for await (const chunk of stream instanceof Float32Array ? [stream] : stream) {
    seen += chunk.length;
    if (seen > expectedCount) throw new RangeError(`tensor ${tensorName}: more than ${expectedCount} values`);
    let start = 0;
    if (heldCount > 0) {
      start = Math.min(chunk.length, pieceValues - heldCount);
      held!.set(chunk.subarray(0, start), heldCount);
      heldCount += start;
      if (heldCount < pieceValues) continue;
      yield held!;
      heldCount = 0;
    }
    for (; start + pieceValues <= chunk.length; start += pieceValues) yield chunk.subarray(start, start + pieceValues);
    if (start === chunk.length) continue;
    held ??= new Float32Array(pieceValues);
    held.set(chunk.subarray(start));
    heldCount = chunk.length - start;
  }
  if (seen !== expectedCount) throw new RangeError(`tensor ${tensorName}: ${seen} values for ${expectedCount}`);
  if (heldCount > 0) yield held!.subarray(0, heldCount);
}
