// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StopStrings } from './stop-strings.ts';

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '終'), maxLength: 24 });
const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '終'), minLength: 1, maxLength: 4 }), {
  maxLength: 3,
});

test('streamed text ends right before a stop string and gives out no part of one, however it is cut', () => {
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 6 }), stops, (pieces, wanted) => {
      const whole = pieces.join('');
      const positions = wanted.map((stop) => whole.indexOf(stop)).filter((at) => at >= 0);
      const watcher = new StopStrings(wanted);
      let out = '';
      let stopped = false;
      for (const piece of pieces) {
        const step = watcher.push(piece);
        out += step.text;
        stopped = step.stopped;
        if (stopped) break;
      }
      if (!stopped) out += watcher.flush();
      assert.equal(stopped, positions.length > 0);
      if (!stopped) assert.equal(out, whole);
      else assert.ok(whole.startsWith(out) && wanted.some((stop) => whole.startsWith(stop, out.length)));
      for (const stop of wanted) assert.ok(!stopped || !out.includes(stop));
    }),
  );
});

test('an empty stop string is refused', () => {
  assert.throws(() => new StopStrings(['']), RangeError);
});
