// SPDX-License-Identifier: Apache-2.0

/** Tells the hub at most once a second how far this member is; a report that does not arrive is made up for by the next one. */
export function progressReporter(post: (step: number, steps: number) => Promise<void>) {
  let sentAtMs = 0;
  return (step: number, steps: number): void => {
    if (Date.now() - sentAtMs < 1_000) return;
    sentAtMs = Date.now();
    void post(step, steps).catch(() => undefined);
  };
}
