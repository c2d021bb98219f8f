// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sha256Digest } from '@kiban/core';
import { listFiles } from './list-files.ts';
import { type PipelineSettings, pipelineDigest, pipelineSettings } from './pipeline-settings.ts';
import { readPreparation, surrogateKeyOf } from './preparation.ts';
import type { UnitFile } from './prepare-unit.ts';
import type { FileIdentity, SegmentManifest } from './segment.ts';
import type { SegmentStore } from './segment-store.ts';
import { claimUnit, staleClaimMs } from './unit-claim.ts';
import { inlineRunner, threadRunner, type UnitRunner } from './unit-runner.ts';
import { agreeOnUnits, clearPlans } from './work-plan.ts';
import type { UnitLimits, WorkUnit } from './work-units.ts';

export interface FilesProgress {
  readonly files: number;
  readonly filesTotal: number;
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

export interface PrepareFilesOptions {
  readonly folder: string;
  /** Name of the data set. */
  readonly source: string;
  /** Says how documents are prepared; see `preparation.ts`. */
  readonly store: SegmentStore;
  /** Threads; by default one per processor, and none for little data. */
  readonly workerCount?: number | undefined;
  /** Files that were prepared before count from the start. */
  readonly onProgress?: ((progress: FilesProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly unitLimits?: UnitLimits | undefined;
  /** See {@link claimUnit}. */
  readonly staleMs?: number | undefined;
}

/** The segments that hold the files of the folder as they are now, in the order of the files. */
export interface PreparedFiles {
  readonly pipeline: Sha256Digest;
  readonly settings: PipelineSettings;
  readonly segments: readonly SegmentManifest[];
}

/** Below this a thread takes longer to start than the work. */
const inlineBytes = 4 * 1024 * 1024;
const beatEveryMs = 2_000;
const waitForOthersMs = 250;

/**
 * Prepares what is new or changed in a folder, on all processors, together with other processes on the same store. Finished units are not
 * repeated after a crash. What is no longer in the folder is taken out of the store.
 * @throws as `scanFolder`; KibanError `disk-full`; the signal's reason
 */
export async function prepareFiles(options: PrepareFilesOptions): Promise<PreparedFiles> {
  const { folder, source, store, signal, onProgress } = options;
  const settings = pipelineSettings(source, await readPreparation(store.folder));
  const surrogateKey = await surrogateKeyOf(store.folder);
  const pipeline = pipelineDigest(settings, surrogateKey);
  const files = await listFiles(folder);
  const planFolder = join(store.folder, 'plans');
  const claimFolder = join(store.folder, 'claims');
  const progress = {
    files: 0,
    filesTotal: files.length,
    bytesRead: 0,
    bytesTotal: files.reduce((sum, { identity }) => sum + identity.bytes, 0),
  };
  const tell = () => onProgress?.({ ...progress });

  for (;;) {
    signal?.throwIfAborted();
    const manifests = await liveSegments(store, pipeline, files);
    const missing = uncovered(files, manifests);
    progress.files = files.length - missing.length;
    progress.bytesRead = progress.bytesTotal - missing.reduce((sum, { identity }) => sum + identity.bytes, 0);
    tell();
    if (missing.length === 0) {
      await clearPlans(planFolder);
      await store.sweep(pipeline, options.staleMs ?? staleClaimMs);
      return { pipeline, settings, segments: manifests };
    }
    const units = await agreeOnUnits(planFolder, pipeline, files, missing, options.unitLimits);
    await runUnits(units);
  }
  async function runUnits(units: readonly WorkUnit[]): Promise<void> {
    const byPath = new Map(files.map((file) => [file.identity.path, file]));
    const bytes = units.flatMap((unit) => unit.files).reduce((sum, file) => sum + file.bytes, 0);
    const workers = options.workerCount ?? (bytes < inlineBytes ? 0 : availableParallelism());
    const waiting = [...units];
    const runners: UnitRunner[] =
      workers === 0
        ? [inlineRunner(settings, surrogateKey)]
        : Array.from({ length: Math.min(workers, units.length) }, () => threadRunner(settings, surrogateKey));
    try {
      const ends = await Promise.allSettled(runners.map((runner) => lane(runner)));
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    } finally {
      await Promise.all(runners.map((runner) => runner.close()));
    }

    async function lane(runner: UnitRunner): Promise<void> {
      let passedBy = 0;
      for (let unit = waiting.shift(); unit !== undefined; unit = waiting.shift()) {
        signal?.throwIfAborted();
        if (await store.isSealed(unit.name)) {
          advance(unit.files.length, 0);
          passedBy = 0;
          continue;
        }
        const claim = await claimUnit(claimFolder, unit.name, options.staleMs);
        if (claim === undefined) {
          // Somebody else is at it: it is looked at again when all others were.
          waiting.push(unit);
          passedBy += 1;
          if (passedBy >= waiting.length) await delay(waitForOthersMs, undefined, { signal });
          continue;
        }
        passedBy = 0;
        try {
          // Sealed by somebody between the look and the claim.
          if (!(await store.isSealed(unit.name))) await runOne(runner, unit, claim);
        } catch (error) {
          waiting.length = 0;
          throw error;
        } finally {
          await claim.release();
        }
        advance(unit.files.length, 0);
      }
    }

    async function runOne(runner: UnitRunner, unit: WorkUnit, claim: { beat(): Promise<boolean> }): Promise<void> {
      let beatAtMs = Date.now();
      // A plan is named by the listing, so that every file of its units is in it.
      const present = unit.files.map((identity) => byPath.get(identity.path)!);
      await runner.run({ unit: unit.name, storeFolder: store.folder, files: present }, (read) => {
        signal?.throwIfAborted();
        advance(0, read);
        if (Date.now() - beatAtMs < beatEveryMs) return;
        beatAtMs = Date.now();
        void claim.beat();
      });
    }
  }

  function advance(fileCount: number, bytes: number): void {
    progress.files += fileCount;
    progress.bytesRead += bytes;
    tell();
  }
}

function keyOf({ path, bytes, modifiedAtMs, inode }: FileIdentity): string {
  return `${path}\0${bytes} ${modifiedAtMs} ${inode}`;
}

function uncovered(files: readonly UnitFile[], manifests: readonly SegmentManifest[]): UnitFile[] {
  const covered = new Set(manifests.flatMap((manifest) => manifest.files.map((file) => keyOf(file.identity))));
  return files.filter((file) => !covered.has(keyOf(file.identity)));
}

/**
 * The segments of this listing in its order. One that holds a file which is gone or has changed is taken out, and its other files are prepared
 * again: a document that was deleted must not live on here.
 */
async function liveSegments(
  store: SegmentStore,
  pipeline: Sha256Digest,
  files: readonly UnitFile[],
): Promise<readonly SegmentManifest[]> {
  const order = new Map(files.map((file, index) => [keyOf(file.identity), index]));
  const taken = new Set<string>();
  const live: SegmentManifest[] = [];
  for (const manifest of await store.manifests(pipeline)) {
    const keys = manifest.files.map(({ identity }) => keyOf(identity));
    if (keys.every((key) => order.has(key) && !taken.has(key))) {
      for (const key of keys) taken.add(key);
      live.push(manifest);
    } else await store.remove(manifest.unit);
  }
  const first = ({ files: [one] }: SegmentManifest) => order.get(keyOf(one!.identity)) ?? 0;
  return live.sort((a, b) => first(a) - first(b));
}
