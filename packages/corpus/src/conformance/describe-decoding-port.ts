// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecodingPort } from '../reading/decoding-port.ts';

export interface DecodingPortSamples {
  /** Whole records and what they say. */
  readonly good: readonly { readonly bytes: Uint8Array; readonly text: string }[];
  /** Whole records and where the first sequence that does not decode begins. */
  readonly bad: readonly { readonly bytes: Uint8Array; readonly offset: number }[];
}

/** What every {@link DecodingPort} must do, as tests. */
export function describeDecodingPort(port: DecodingPort, { good, bad }: DecodingPortSamples): void {
  const named = (what: string) => `${port.name}: ${what}`;

  test(named('its name can stand in reports and file names'), () => {
    assert.match(port.name, /^[a-z0-9][a-z0-9-]{0,31}$/);
  });

  test(named('good records give their text, and no errors'), () => {
    assert.ok(good.length > 0);
    for (const { bytes, text } of good) assert.deepEqual(port.decode(bytes), { text, errors: [] });
  });

  test(named('bad records give errors, the first where the damage begins'), () => {
    assert.ok(bad.length > 0);
    for (const { bytes, offset } of bad) {
      const { errors } = port.decode(bytes);
      assert.equal(errors[0]?.offset, offset);
      for (const [index, error] of errors.entries()) {
        assert.ok(error.offset >= (errors[index - 1]?.offset ?? 0) && error.offset < bytes.length);
      }
    }
  });

  test(named('a record never leaves a shift state to the next one'), () => {
    const expected = good.map(({ bytes }) => port.decode(bytes).text);
    for (const { bytes } of bad) {
      port.decode(bytes);
      for (const [index, sample] of good.entries()) assert.equal(port.decode(sample.bytes).text, expected[index]);
    }
  });

  test(named('an empty record is empty text, and the bytes given are left as they were'), () => {
    assert.deepEqual(port.decode(new Uint8Array(0)), { text: '', errors: [] });
    for (const { bytes } of [...good, ...bad]) {
      const before = Uint8Array.from(bytes);
      port.decode(bytes);
      assert.deepEqual(Uint8Array.from(bytes), before);
    }
  });

  test(named('arbitrary bytes are answered, not thrown at'), () => {
    for (let length = 1; length <= 64; length += 1) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 151 + length * 37) % 256);
      const { text, errors } = port.decode(bytes);
      assert.equal(typeof text, 'string');
      assert.ok(Array.isArray(errors));
    }
  });
}
