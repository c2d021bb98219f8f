// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { kibanEntry, ServiceProcess, TestCoalition } from '@kiban/testkit';

let coalition: TestCoalition;
let scratch: string;
before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'kiban-cli-'));
  coalition = await TestCoalition.create(3);
});
after(async () => {
  await coalition[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs the command as a person would. @returns exit code and both outputs. */
function kiban(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', kibanEntry, ...args, '--lang', 'en'],
    {
      encoding: 'utf8',
      timeout: 30_000,
    },
  );
  assert.ok(!/\n\s+at /.test(stderr), `a stack trace: ${stderr}`);
  return { status, stdout, stderr };
}

test('a second process on a directory is refused, and the port in use is named', async () => {
  const locked = kiban('node', 'start', '--directory', join(coalition.directory, 'member-a'));
  assert.equal(locked.status, 4);
  assert.match(locked.stderr, /directory-locked/);
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  const directory = join(scratch, 'busy');
  assert.equal(kiban('hub', 'init', '--coalition', 'c', '--directory', directory, '--port', String(port)).status, 0);
  const busy = kiban('hub', 'start', '--directory', directory);
  server.close();
  assert.equal(busy.status, 4);
  assert.match(busy.stderr, /port-in-use/);
  assert.ok(busy.stderr.includes(`:${port}`));
});

test('a wrong invitation, a used one and one for another organisation are refused alike', async () => {
  const directory = join(scratch, 'late');
  kiban('node', 'init', '--organisation', 'late', '--directory', directory, '--port', '0');
  const node = new ServiceProcess('node', directory);
  await node.start();
  try {
    const join_ = (invitation: string) =>
      kiban('node', 'join', '--hub', coalition.hub.origin, '--invitation', invitation, '--directory', directory);
    const other = await coalition.hub.call<{ invitation: string }>('POST', '/invitations', {
      organisation: 'somebody',
    });
    for (const invitation of ['nonsense-nonsense-nonsense', other.invitation]) {
      const refused = join_(invitation);
      assert.equal(refused.status, 4);
      assert.match(refused.stderr, /invitation-refused/);
    }
    const own = await coalition.hub.call<{ invitation: string }>('POST', '/invitations', { organisation: 'late' });
    assert.equal(join_(own.invitation).status, 0);
    const again = join_(own.invitation);
    assert.equal(again.status, 4);
    assert.match(again.stderr, /already-joined/);
    const unreachable = kiban(
      'node',
      'join',
      '--hub',
      'http://127.0.0.1:9',
      '--invitation',
      'x',
      '--directory',
      directory,
    );
    assert.notEqual(unreachable.status, 0);
  } finally {
    await node.kill();
  }
});

test('data sets: a missing folder, an empty one and bad names are told; inspect names every file that cannot be used', () => {
  const node = ['--directory', join(coalition.directory, 'member-a')];
  const terms = ['--basis', 'own', '--purpose', 'test'];
  assert.match(
    kiban('data', 'add', 'nothing', join(scratch, 'nowhere'), ...terms, ...node).stderr,
    /folder-(not-found|unreadable)/,
  );
  const empty = join(scratch, 'empty');
  mkdirSync(empty);
  assert.match(kiban('data', 'add', 'nothing', empty, ...terms, ...node).stderr, /folder-empty/);
  const mixed = join(scratch, 'mixed');
  mkdirSync(mixed);
  writeFileSync(join(mixed, 'good.txt'), 'よい文書です。\n');
  writeFileSync(join(mixed, 'zero.txt'), '');
  writeFileSync(join(mixed, 'picture.txt'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1]));
  writeFileSync(
    join(mixed, 'broken.txt'),
    Buffer.concat([
      Buffer.from('最初の行は正しい。\n次の行は'),
      Buffer.from([0xff, 0xfe, 0xff]),
      Buffer.from('壊れている。\n最後の行も正しい。\n'),
    ]),
  );
  writeFileSync(join(mixed, 'secret.txt'), '読めない\n');
  chmodSync(join(mixed, 'secret.txt'), 0);
  assert.match(kiban('data', 'add', 'Bad Name', mixed, ...terms, ...node).stderr, /id: use 2 to 40/);
  assert.equal(kiban('data', 'add', 'mixed', mixed, ...terms, ...node).status, 0);
  assert.match(kiban('data', 'add', 'mixed', mixed, ...terms, ...node).stderr, /data-set-exists/);
  const inspected = kiban('data', 'inspect', 'mixed', ...node).stdout;
  assert.match(inspected, /zero\.txt: empty-file/);
  assert.match(inspected, /picture\.txt: binary-file/);
  assert.match(inspected, /broken\.txt: partly-kept.*undecodable-bytes, line 2, byte \d+/);
  if (process.getuid?.() !== 0) assert.match(inspected, /secret\.txt: unreadable/);
  assert.equal(kiban('data', 'remove', 'mixed', ...node).status, 0);
  assert.equal(kiban('data', 'remove', 'mixed', ...node).status, 6);
});

test('a plan with faults is refused with all of them, each with its line', () => {
  const plan = join(scratch, 'plan.yaml');
  const folder = join(coalition.directory, 'documents', 'member-a');
  const propose = (text: string) => {
    writeFileSync(plan, text);
    return kiban('programme', 'propose', plan, '--public', folder, '--directory', join(coalition.directory, 'hub'));
  };
  const head = 'version: 1\nprogramme: plan-a\ntitle: t\npurpose: p\n';
  assert.match(propose(`${head}participants: [member-a, member-b\n`).stderr, /config-invalid/);
  const many = propose(
    `${head}participants: [member-a, member-b]\nroundz: 3\nrounds: many\naggregation: { threshold: 9 }\n`,
  );
  assert.equal(many.status, 3);
  assert.match(many.stderr, /plan\.yaml:5 participants: at least 3/);
  assert.match(many.stderr, /plan\.yaml:6 roundz/);
  assert.match(many.stderr, /plan\.yaml:7 rounds/);
  const three = `${head}participants: [member-a, member-b, member-c]\n`;
  assert.match(
    propose(`${three}aggregation: { threshold: 5 }\n`).stderr,
    /aggregation\.threshold: 3 participants allow 3 to 3/,
  );
  assert.match(
    propose(`${three}aggregation: { bits: 8 }\n`).stderr,
    /aggregation\.levelLimit: 3 members x 127 does not fit 8 bits/,
  );
  assert.match(propose(`${three}inner: { warmupSteps: 5000 }\n`).stderr, /inner\.warmupSteps/);
  assert.match(
    propose(`${head}participants: [member-a, member-b, nobody]\n`).stderr,
    /participants-unknown[\s\S]*nobody/,
  );
});

test('a programme starts only when every participant has approved', () => {
  const plan = join(scratch, 'good.yaml');
  writeFileSync(
    plan,
    'version: 1\nprogramme: plan-b\ntitle: t\npurpose: p\nparticipants: [member-a, member-b, member-c]\nmaximumDataClass: public\n',
  );
  const hub = ['--directory', join(coalition.directory, 'hub')];
  assert.equal(
    kiban('programme', 'propose', plan, '--public', join(coalition.directory, 'documents', 'member-a'), ...hub).status,
    0,
  );
  const early = kiban('programme', 'start', 'plan-b', ...hub);
  assert.equal(early.status, 4);
  assert.match(early.stderr, /approvals-missing[\s\S]*member-a, member-b, member-c/);
  const tooSecret = kiban(
    'programme',
    'approve',
    'plan-b',
    '--data-set',
    'documents',
    '--directory',
    join(coalition.directory, 'member-a'),
  );
  assert.match(tooSecret.stderr, /data-class-too-high/);
  assert.equal(
    kiban('programme', 'refuse', 'plan-b', '--reason', 'no', '--directory', join(coalition.directory, 'member-a'))
      .status,
    0,
  );
  assert.match(kiban('programme', 'start', 'plan-b', ...hub).stderr, /Refused: member-a/);
});

test('every command has help with an example, in both languages, and --json is JSON', () => {
  for (const [group, names] of Object.entries({
    hub: ['init', 'start', 'invite', 'status'],
    node: ['init', 'start', 'join', 'status'],
    data: ['add', 'list', 'remove', 'inspect'],
    programme: ['propose', 'approve', 'start', 'stop', 'status'],
    release: ['list', 'show', 'pull'],
  }))
    for (const name of names) {
      const help = spawnSync(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', kibanEntry, group, name, '--help', '--lang', 'ja'],
        { encoding: 'utf8' },
      );
      assert.equal(help.status, 0);
      assert.match(help.stdout, /例:\n {2}kiban /, `${group} ${name}`);
    }
  const status = kiban('hub', 'status', '--json', '--directory', join(coalition.directory, 'hub'));
  assert.equal((JSON.parse(status.stdout) as { coalition: string }).coalition, 'test');
  assert.equal(kiban('nonsense').status, 2);
  assert.equal(kiban('hub', 'status', '--directory', join(scratch, 'none')).status, 5);
});
