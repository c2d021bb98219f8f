// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { createZstdDecompress } from 'node:zlib';
import { KibanError, type Sha256Digest } from '@kiban/core';
import { type RejectionSample, readRejectionSamples } from '../quality/rejection-samples.ts';
import { type SegmentDocument, type SegmentManifest, segmentManifestSchema, segmentNames } from './segment.ts';

/** Sealed segments of one data set in a folder; several processes may add to it at the same time. */
export class SegmentStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** All sealed segments of this pipeline, by unit; what cannot be read is not there. */
  async manifests(pipeline: Sha256Digest): Promise<SegmentManifest[]> {
    await mkdir(this.folder, { recursive: true });
    const found: SegmentManifest[] = [];
    for (const name of (await readdir(this.folder)).sort()) {
      if (!/^[0-9a-f]{32}\.json$/.test(name)) continue;
      const manifest = await this.#manifest(name.slice(0, -5));
      if (manifest?.pipeline === pipeline) found.push(manifest);
    }
    return found;
  }

  /** The documents of a segment in order. @throws KibanError `segment-damaged` (409) when the bytes are not those that were sealed */
  async *documents(manifest: SegmentManifest): AsyncGenerator<SegmentDocument> {
    const path = join(this.folder, segmentNames(manifest.unit).documents);
    const hash = createHash('sha256');
    const source = createReadStream(path);
    source.on('data', (chunk) => hash.update(chunk));
    const text = source.pipe(createZstdDecompress());
    source.once('error', (error) => text.destroy(error));
    try {
      for await (const line of linesOf(text)) yield JSON.parse(line) as SegmentDocument;
    } catch (cause) {
      throw segmentDamaged(manifest.unit, path, cause);
    }
    if (hash.digest('hex') !== manifest.sha256) throw segmentDamaged(manifest.unit, path);
  }

  /**
   * Texts that were dropped, for the local engineer: of each reason the first `perReason` of the units in their order.
   * Units whose samples are gone are passed over.
   */
  async rejections(perReason: number): Promise<ReadonlyMap<string, readonly RejectionSample[]>> {
    const found = new Map<string, RejectionSample[]>();
    for (const name of (await readdir(this.folder)).sort()) {
      if (!/^[0-9a-f]{32}\.rejections$/.test(name)) continue;
      const read = await readRejectionSamples(join(this.folder, name)).catch(() => undefined);
      for (const [reason, samples] of read?.samples ?? []) {
        const list = found.get(reason) ?? [];
        found.set(reason, [...list, ...samples].slice(0, perReason));
      }
    }
    return found;
  }

  /** A partition of fingerprints for each of the segments, in their order. */
  fingerprintFolders(segments: readonly SegmentManifest[]): string[] {
    return segments.map(({ unit }) => join(this.folder, segmentNames(unit).fingerprints));
  }

  /** False for a manifest whose data is gone. */
  async isSealed(unit: string): Promise<boolean> {
    return (await this.#manifest(unit)) !== undefined;
  }

  /** Takes a segment out of the store: the manifest first, so that what is left never counts. */
  async remove(unit: string): Promise<void> {
    const { manifest, ...data } = segmentNames(unit);
    for (const name of [manifest, ...Object.values(data)])
      await rm(join(this.folder, name), { recursive: true, force: true });
  }

  /** Segments of other pipelines, and what a crash left half-written by processes that are gone. */
  async sweep(pipeline: Sha256Digest, olderThanMs: number): Promise<void> {
    const nowMs = Date.now();
    for (const name of await readdir(this.folder)) {
      const unit = /^([0-9a-f]{32})\.json$/.exec(name)?.[1];
      if (unit !== undefined && (await this.#manifest(unit))?.pipeline !== pipeline) await this.remove(unit);
      if (!name.endsWith('.tmp')) continue;
      const half = join(this.folder, name);
      const touchedMs = (await stat(half).catch(() => undefined))?.mtimeMs ?? nowMs;
      if (nowMs - touchedMs > olderThanMs) await rm(half, { recursive: true, force: true });
    }
  }

  async #manifest(unit: string): Promise<SegmentManifest | undefined> {
    try {
      const names = segmentNames(unit);
      const text = await readFile(join(this.folder, names.manifest), 'utf8');
      await access(join(this.folder, names.documents));
      await access(join(this.folder, names.fingerprints));
      return segmentManifestSchema.parse(JSON.parse(text));
    } catch {
      return undefined;
    }
  }
}

/** Cut at LF alone: a text may hold any other separator. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + decoder.write(chunk as Buffer)).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}

/** The caller takes the unit out of the store and prepares it again. */
export function segmentDamaged(unit: string, path: string, cause?: unknown): KibanError {
  return new KibanError({
    code: 'segment-damaged',
    status: 409,
    title: { ja: '準備済みの文書が壊れています', en: 'Prepared documents are damaged' },
    detail: {
      ja: `${path} の内容が封印時と異なります。もう一度実行すると、元の文書から作り直します。ディスクも確認してください。`,
      en: `${path} is not what was sealed. Run again: it is made anew from the documents. Check the disk, too.`,
    },
    extra: { unit },
    cause,
  });
}
