// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeDecodingPort } from '../conformance/index.ts';
import { readSamples } from './samples/read-sample.ts';
import { shiftCodedPort } from './samples/shift-coded-port.ts';

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

/** BF3 鋼板, 10 bytes. */
const steel = hex('C2C6F3 40 0E B9DDC8C4 0F');

describeDecodingPort(shiftCodedPort, {
  good: [
    { bytes: steel, text: 'BF3 鋼板' },
    { bytes: hex('C1'), text: 'A' },
  ],
  bad: [
    { bytes: hex('C1 FF C2'), offset: 1 },
    { bytes: hex('0E B9DD C8'), offset: 3 },
  ],
});

test('records of fixed length become lines, and one that does not decode is named by its place', async () => {
  const bad = hex('C1 FF C1C1C1C1C1C1C1C1');
  const { texts, files, records } = await readSamples(
    { 'a.txt': Buffer.concat([steel, bad, steel]) },
    { decoding: { port: shiftCodedPort, framing: { kind: 'fixed-length', recordBytes: 10 } } },
  );
  assert.deepEqual(texts, ['BF3 鋼板\nBF3 鋼板']);
  assert.equal(files[0]?.encoding, 'port:test-shift-coded');
  assert.equal(records[0]?.encoding, 'port:test-shift-coded');
  assert.deepEqual(files[0]?.faults, [{ reason: 'undecodable-bytes', offset: 11, line: 2 }]);
});

test('records that end in a terminator are read across chunks, and one without end is dropped', async () => {
  const line = Buffer.concat([steel, hex('15')]);
  const many = Buffer.concat(new Array<Buffer>(60_000).fill(line));
  const endless = Buffer.alloc(700_000, 0xc1);
  const { texts, files } = await readSamples(
    { 'a.txt': Buffer.concat([many, endless, hex('15'), steel]) },
    {
      decoding: { port: shiftCodedPort, framing: { kind: 'terminated', terminator: 0x15 } },
      limits: { maxLineBytes: 300_000 },
    },
  );
  assert.equal(texts.join('\n').split('\n').length, 60_001);
  assert.deepEqual(files[0]?.faults, [{ reason: 'line-too-long', offset: many.length, line: 60_001 }]);
});
