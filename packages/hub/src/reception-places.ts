// SPDX-License-Identifier: Apache-2.0
import { problems } from './problems.ts';

/**
 * Places for bodies that are being received at the same time. Who comes when all are taken waits in line, its body unread in the socket:
 * refusing it would have it sent again, megabytes each time.
 */
export class ReceptionPlaces {
  readonly #mostWaiting: number;
  readonly #line: (() => void)[] = [];
  #free: number;

  constructor(options: { readonly places: number; readonly mostWaiting: number }) {
    this.#free = options.places;
    this.#mostWaiting = options.mostWaiting;
  }

  /** @returns what gives the place back, to be called once @throws KibanError `receptions-full` when the line is full too */
  async take(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else if (this.#line.length >= this.#mostWaiting) throw problems.receptionsFull();
    else await new Promise<void>((resolve) => this.#line.push(resolve));
    return () => {
      const next = this.#line.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }
}
