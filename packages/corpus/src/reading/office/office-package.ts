// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import { type ZipEntry, zipEntries } from '../archive/zip-archive.ts';
import { type Content, heldContent, hold, type RandomAccess } from '../content.ts';
import type { RefusalReason } from '../file-outcome.ts';
import type { ReaderOptions } from '../parsed-record.ts';
import { Refusal } from '../refusal.ts';
import { type XmlAttributes, XmlEvents, type XmlHandlers } from '../xml-events.ts';

export interface Relationship {
  /** Last word of its type: `worksheet`, `slide`, `notesSlide`. */
  readonly type: string;
  /** Name of the part it points to. */
  readonly target: string;
}

type PartHandlers = Partial<Pick<XmlHandlers, 'onOpen' | 'onClose' | 'onText'>>;

/** A document of ECMA-376 part 2: named XML parts in a ZIP archive, tied together by relationships. */
export class OfficePackage {
  readonly #parts: ReadonlyMap<string, ZipEntry>;
  readonly #options: ReaderOptions;

  private constructor(parts: ReadonlyMap<string, ZipEntry>, options: ReaderOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** @throws Refusal `encrypted`, `binary-file`, `document-malformed`, `too-many-entries`, `too-large-to-hold` */
  static async open(content: Content, options: ReaderOptions): Promise<OfficePackage> {
    const access = content.randomAccess ?? heldContent(await hold(content, options.limits)).randomAccess!;
    await refuseOldContainer(access);
    const parts = new Map<string, ZipEntry>();
    try {
      for await (const entry of zipEntries(access, options.budget)) {
        parts.set(entry.name.toLowerCase().replace(/^\//, ''), entry);
      }
    } catch (error) {
      throw error instanceof Refusal && error.reason === 'archive-malformed'
        ? new Refusal('document-malformed')
        : error;
    }
    return new OfficePackage(parts, options);
  }

  has(name: string): boolean {
    return this.#parts.has(name.toLowerCase());
  }

  /** Name of the part that the document begins with. @throws Refusal `document-malformed` */
  async mainPart(): Promise<string> {
    const relationships = await this.#relationships('_rels/.rels', '');
    const main = [...relationships.values()].find(({ type }) => type === 'officeDocument');
    if (main === undefined || !this.has(main.target)) throw new Refusal('document-malformed');
    return main.target;
  }

  relationships(part: string): Promise<ReadonlyMap<string, Relationship>> {
    return this.#relationships(posix.join(posix.dirname(part), '_rels', `${posix.basename(part)}.rels`), part);
  }

  async #relationships(name: string, part: string): Promise<ReadonlyMap<string, Relationship>> {
    const found = new Map<string, Relationship>();
    if (!this.has(name)) return found;
    await this.readPart(name, {
      onOpen: (element, attributes) => {
        const { Id, Type, Target, TargetMode } = attributes;
        if (element !== 'Relationship' || !Id || !Type || !Target || TargetMode === 'External') return;
        const target = Target.startsWith('/') ? Target.slice(1) : posix.join(posix.dirname(part), Target);
        found.set(Id, { type: Type.slice(Type.lastIndexOf('/') + 1), target });
      },
    });
    return found;
  }

  /** A part in chunks, markup and all. */
  async *partText(name: string, purpose: 'sample' | 'read' = 'read'): AsyncGenerator<string> {
    const entry = this.#parts.get(name.toLowerCase());
    if (entry === undefined) throw new Refusal('document-malformed');
    if (entry.refusal) throw entry.refusal;
    let decoder: InstanceType<typeof TextDecoder> | undefined;
    try {
      for await (const chunk of entry.content.stream(purpose)) {
        decoder ??= new TextDecoder(utf16Label(chunk), { fatal: true });
        yield decoder.decode(chunk, { stream: true });
      }
      yield decoder?.decode() ?? '';
    } catch (error) {
      throw error instanceof TypeError ? new Refusal('undecodable-bytes') : error;
    }
  }

  /**
   * Sends a part through the handlers, and comes back after each chunk. What is missing or damaged is told as a fault of that part; what was read
   * before stays.
   */
  async *drivePart(name: string, handlers: PartHandlers, offset: () => number): AsyncGenerator<void> {
    const { limits, onFault } = this.#options;
    if (!this.has(name)) return onFault('part-missing', offset(), 0, { within: name });
    const events = new XmlEvents({
      maxDepth: limits.maxMarkupDepth,
      onOpen: handlers.onOpen ?? nothing,
      onClose: handlers.onClose ?? nothing,
      onText: handlers.onText ?? nothing,
      onUnknownEntity: () => onFault('entity-unknown', offset(), 0, { within: name }),
    });
    try {
      for await (const text of this.partText(name)) {
        events.write(text);
        yield;
        if (events.failure !== undefined) break;
      }
      events.end();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (endsFile.has(error.reason)) {
        yield;
        throw error;
      }
      return onFault('part-malformed', offset(), 0, { within: name, refusal: error.reason });
    }
    if (events.failure !== undefined) onFault(events.failure, offset(), 0, { within: name });
  }

  /** As {@link drivePart}, all at once: for parts that only say where things are. */
  async readPart(name: string, handlers: PartHandlers): Promise<void> {
    for await (const _ of this.drivePart(name, handlers, () => 0));
  }
}

/** Breaches that more reading would only repeat. */
const endsFile: ReadonlySet<RefusalReason> = new Set(['expands-too-much', 'too-many-cells', 'too-large-to-hold']);

function nothing(): void {}

function utf16Label(head: Buffer): string {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0x3c && head[1] === 0)) return 'utf-16le';
  return (head[0] === 0xfe && head[1] === 0xff) || (head[0] === 0 && head[1] === 0x3c) ? 'utf-16be' : 'utf-8';
}

const oldContainer = Buffer.from('d0cf11e0a1b11ae1', 'hex');
const encryptedPackage = Buffer.from('EncryptedPackage', 'utf16le');

/** Office writes a document with a password as a stream of the container it used before ZIP ([MS-OFFCRYPTO]). */
async function refuseOldContainer(access: RandomAccess): Promise<void> {
  const head = await access.readAt(0, 1 << 16);
  if (!head.subarray(0, 8).equals(oldContainer)) return;
  const tail = await access.readAt(Math.max(0, access.bytes - (1 << 20)), 1 << 20);
  const isEncrypted = head.includes(encryptedPackage) || tail.includes(encryptedPackage);
  throw isEncrypted ? new Refusal('encrypted') : new Refusal('binary-file', 'old Office');
}

/** `r:id` of an element, whatever its prefix; `id` alone is something else. */
export function relationshipId(attributes: XmlAttributes): string | undefined {
  return Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1];
}
