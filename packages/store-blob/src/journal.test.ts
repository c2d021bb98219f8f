// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openJournal } from './journal.ts';

const text = (record: Uint8Array) => Buffer.from(record).toString('utf8');

test('records come back in order, and a record cut at any byte is dropped alone', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kiban-journal-'));
  const path = join(directory, 'attempt.journal');
  const journal = openJournal(path);
  journal.append(Buffer.from('first'));
  const whole = readFileSync(path).length;
  journal.append(Buffer.from('second'));
  journal.close();
  const both = readFileSync(path);
  for (let length = whole; length < both.length; length += 1) {
    writeFileSync(path, both);
    truncateSync(path, length);
    const reopened = openJournal(path);
    assert.deepEqual(reopened.records.map(text), ['first']);
    reopened.append(Buffer.from('third'));
    reopened.close();
    const last = openJournal(path);
    assert.deepEqual(last.records.map(text), ['first', 'third']);
    last.close();
  }
  rmSync(directory, { recursive: true });
});

test('bytes that are not a frame end the journal', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kiban-journal-'));
  const path = join(directory, 'attempt.journal');
  const journal = openJournal(path);
  journal.append(Buffer.from('kept'));
  journal.close();
  appendFileSync(path, Buffer.alloc(80, 7));
  const reopened = openJournal(path);
  assert.deepEqual(reopened.records.map(text), ['kept']);
  reopened.close();
  rmSync(directory, { recursive: true });
});

test('an erased journal leaves no file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kiban-journal-'));
  const path = join(directory, 'attempt.journal');
  const journal = openJournal(path);
  journal.append(Buffer.from('secret'));
  await journal.erase();
  assert.equal(existsSync(path), false);
  rmSync(directory, { recursive: true });
});

test('a journal has one writer: a second one is refused until the first has closed', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kiban-journal-'));
  const path = join(directory, 'attempt.journal');
  const journal = openJournal(path);
  assert.throws(() => openJournal(path), /open already/);
  journal.close();
  openJournal(path).close();
  rmSync(directory, { recursive: true });
});
