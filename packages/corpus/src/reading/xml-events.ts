// SPDX-License-Identifier: Apache-2.0
import { SaxesParser } from 'saxes';
import type { FaultReason } from './file-outcome.ts';

export type XmlAttributes = Readonly<Record<string, string>>;

export interface XmlHandlers {
  readonly maxDepth: number;
  /** Names come without their prefix. */
  readonly onOpen: (name: string, attributes: XmlAttributes) => void;
  readonly onClose: (name: string) => void;
  readonly onText: (text: string) => void;
  readonly onUnknownEntity: () => void;
}

/** One tag, comment, document type or run of text is held in memory. UTF-16 code units. */
const maxTokenCharacters = 1 << 24;
const ownEntities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Streaming XML (saxes) within bounds. After the first error in form, or a breach, `failure` is set and the rest is ignored. Entities that a document
 * type declares are never expanded, so there is nothing that could grow or be fetched.
 */
export class XmlEvents {
  readonly #parser = new SaxesParser<{ position: false; xmlns: false }>({ position: false, xmlns: false });
  #depth = 0;
  #sinceEvent = 0;
  #failure: FaultReason | undefined;

  constructor(handlers: XmlHandlers) {
    const parser = this.#parser;
    // Without a prototype: `&constructor;` must not be one.
    parser.ENTITIES = Object.assign(Object.create(null), ownEntities);
    const stop = (reason: FaultReason) => {
      this.#failure ??= reason;
      throw stopped;
    };
    parser.on('error', (error) => {
      if (/(undefined entity|malformed character entity|in entity name)\.$/.test(error.message)) {
        handlers.onUnknownEntity();
      } else stop('markup-malformed');
    });
    parser.on('opentag', (tag) => {
      this.#sinceEvent = 0;
      this.#depth += 1;
      if (this.#depth > handlers.maxDepth) stop('markup-too-deep');
      handlers.onOpen(localName(tag.name), tag.attributes);
    });
    parser.on('closetag', (tag) => {
      this.#sinceEvent = 0;
      this.#depth -= 1;
      handlers.onClose(localName(tag.name));
    });
    const onText = (text: string) => {
      this.#sinceEvent = 0;
      handlers.onText(text);
    };
    parser.on('text', onText);
    parser.on('cdata', onText);
    const passedOver = () => {
      this.#sinceEvent = 0;
    };
    parser.on('comment', passedOver);
    parser.on('doctype', passedOver);
    parser.on('processinginstruction', passedOver);
  }

  get failure(): FaultReason | undefined {
    return this.#failure;
  }

  write(text: string): void {
    if (this.#failure !== undefined) return;
    this.#sinceEvent += text.length;
    this.#guarded(() => this.#parser.write(text));
    if (this.#sinceEvent > maxTokenCharacters) this.#failure ??= 'paragraph-too-long';
  }

  end(): void {
    if (this.#failure === undefined) this.#guarded(() => this.#parser.close());
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (error !== stopped) throw error;
    }
  }
}

const stopped = new Error('reading of this XML has ended');

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
