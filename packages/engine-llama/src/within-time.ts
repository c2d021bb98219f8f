// SPDX-License-Identifier: Apache-2.0

/** Resolves to true once `work` has settled, or to false after the limit. For native teardown, which after a failed load may hang. */
export async function settlesWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const settled = work.then(
    () => true,
    () => true,
  );
  const inTime = await Promise.race([settled, limit]);
  clearTimeout(timer);
  return inTime;
}
