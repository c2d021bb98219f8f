// SPDX-License-Identifier: Apache-2.0
import { inspect } from 'node:util';

/** Holds something private (a document, an update, a prompt, a key). Prints, serialises and interpolates as `[sealed]`. */
export class Sealed<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The one way in. The caller answers for where the value goes next. */
  open(): T {
    return this.#value;
  }

  toString(): string {
    return '[sealed]';
  }

  toJSON(): string {
    return '[sealed]';
  }

  [inspect.custom](): string {
    return '[sealed]';
  }
}
