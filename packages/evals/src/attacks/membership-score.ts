// SPDX-License-Identifier: Apache-2.0

/**
 * How much an update moved the model along a canary's own update: the cosine of both. High when the canary was among the training documents.
 * After Jagielski et al., "Auditing differentially private machine learning" (2020), with an update in place of the gradient.
 */
export function membershipScore(update: ArrayLike<number>, canary: Float32Array): number {
  if (update.length !== canary.length) throw new RangeError(`${update.length} values against ${canary.length}`);
  let [dot, own, theirs] = [0, 0, 0];
  for (let index = 0; index < canary.length; index += 1) {
    const value = update[index]!;
    dot += value * canary[index]!;
    own += value * value;
    theirs += canary[index]! ** 2;
  }
  return dot / Math.sqrt(own * theirs || 1);
}

/** Area under the ROC curve: how often a member scores above a stranger, ties counting half. */
export function areaUnderCurve(members: readonly number[], strangers: readonly number[]): number {
  let above = 0;
  for (const member of members)
    for (const stranger of strangers) above += member > stranger ? 1 : member === stranger ? 0.5 : 0;
  return above / (members.length * strangers.length);
}

/** Standard error of {@link areaUnderCurve} when there is nothing to tell apart (Mann and Whitney, 1947). */
export function standardErrorOfChance(memberCount: number, strangerCount: number): number {
  return Math.sqrt((memberCount + strangerCount + 1) / (12 * memberCount * strangerCount));
}
