// SPDX-License-Identifier: Apache-2.0
import type { Coalition } from '../packages/secagg/src/coalition-driver.ts';
import { keyFor } from '../packages/secagg/src/coalition-seeds.ts';
import { signEnvelope } from '../packages/secagg/src/envelope.ts';
import { type RefusalCode, refusalOf } from '../packages/secagg/src/index.ts';

interface RecordedMember {
  readonly messages: Readonly<Record<string, string>>;
}

interface RecordedAttempt {
  readonly hub: { readonly publicKeySpki: string };
  readonly planText: string;
  readonly transcripts: Readonly<Record<string, string>>;
  readonly members: readonly RecordedMember[];
  readonly lists: Readonly<Record<string, unknown>>;
}

// biome-ignore lint/suspicious/noExplicitAny: bodies are spoilt on purpose, in ways that no type allows
type Body = any;

/** A signed text with another body; signed again by whoever `signer` is. */
function changed(
  coalition: Coalition,
  kind: string,
  text: string,
  signer: string,
  change: (body: Body) => void,
): string {
  const body = JSON.parse((JSON.parse(text) as { body: string }).body) as object;
  change(body);
  return signEnvelope(kind, body, keyFor(`${coalition.options.seed}/${signer}`));
}

/** Plans, messages and lists that have to be refused, each made from the recorded attempt with one thing wrong. */
export function refusalVectors(coalition: Coalition, vector: RecordedAttempt) {
  const [alder, birch] = vector.members as [RecordedMember, RecordedMember];
  const sent = (stage: string, member = birch) => member.messages[stage]!;
  const textOf = (name: string) => vector.lists[name] as string;
  const message = (stage: string, change: (body: Body) => void, signer = 'birch') =>
    changed(coalition, stage, sent(stage), signer, change);
  const list = (name: string, change: (body: Body) => void, signer = 'hub') =>
    changed(coalition, 'list', textOf(name), signer, change);
  const plan = (change: (body: Body) => void, signer = 'hub') =>
    changed(coalition, 'plan', vector.planText, signer, change);
  const same = () => undefined;
  const spaced = (text: string) => text.replace('{', '{ ');
  const share = JSON.parse(sent('share')) as { header: string; parts: { to: string }[] };
  const withCode = <T extends { readonly code: RefusalCode }>(one: T) => ({
    ...one,
    status: refusalOf(one.code).status,
  });
  const plans = [
    { name: 'signed by another key', text: plan(same, 'alder'), code: 'plan-signature-wrong' },
    { name: 'not canonical', text: spaced(vector.planText), code: 'plan-malformed' },
    {
      name: 'a field too many',
      text: plan((body) => {
        body.more = 1;
      }),
      code: 'plan-malformed',
    },
    {
      name: 'scale of a scalar left to a default',
      text: plan((body) => {
        body.scalars[0].scale = undefined;
      }),
      code: 'plan-malformed',
    },
    {
      name: 'threshold 2 of 3',
      text: plan((body) => {
        body.threshold = 2;
      }),
      code: 'plan-unsound',
    },
    {
      name: 'quorum below the threshold',
      text: plan((body) => {
        body.quorum = 2;
      }),
      code: 'plan-unsound',
    },
    {
      name: 'two members',
      text: plan((body) => {
        body.roster.pop();
        body.threshold = 2;
        body.quorum = 2;
      }),
      code: 'plan-unsound',
    },
    {
      name: 'roster out of order',
      text: plan((body) => {
        body.roster.reverse();
      }),
      code: 'plan-unsound',
    },
    {
      name: 'three members of level 127 overflow 8 bits',
      text: plan((body) => {
        body.bits = 8;
      }),
      code: 'plan-unsound',
    },
    {
      name: 'scalar bound overflows 32 bits',
      text: plan((body) => {
        body.scalars[0].bound = 2 ** 30;
      }),
      code: 'plan-unsound',
    },
    {
      name: 'shard of 100 bytes',
      text: plan((body) => {
        body.shardBytes = 100;
      }),
      code: 'plan-unsound',
    },
    {
      name: 'birch not on the roster',
      text: plan((body) => {
        body.roster[1].organisation = 'bison';
      }),
      code: 'member-unlisted',
    },
    {
      name: 'another key for birch',
      text: plan((body) => {
        body.roster[1].roundPublicKey = vector.hub.publicKeySpki;
      }),
      code: 'member-key-differs',
    },
  ] as const;
  const hub = [
    {
      name: 'signed by another member',
      at: 'advertise',
      stage: 'advertise',
      text: message('advertise', same, 'alder'),
      code: 'message-signature-wrong',
    },
    {
      name: 'not canonical',
      at: 'advertise',
      stage: 'advertise',
      text: spaced(sent('advertise')),
      code: 'message-malformed',
    },
    {
      name: 'a field too many',
      at: 'advertise',
      stage: 'advertise',
      text: message('advertise', (body) => {
        body.more = 1;
      }),
      code: 'message-malformed',
    },
    {
      name: 'of another plan',
      at: 'advertise',
      stage: 'advertise',
      text: message('advertise', (body) => {
        body.plan = '0'.repeat(64);
      }),
      code: 'message-misdirected',
    },
    {
      name: 'in the name of another member',
      at: 'advertise',
      stage: 'advertise',
      text: message('advertise', (body) => {
        body.from = 'alder';
      }),
      code: 'message-misdirected',
    },
    {
      name: 'X25519 point of low order',
      at: 'advertise',
      stage: 'advertise',
      text: message('advertise', (body) => {
        body.x25519 = Buffer.alloc(32).toString('base64');
      }),
      code: 'key-unusable',
    },
    {
      name: 'ML-KEM key with coefficients beyond the modulus',
      at: 'advertise',
      stage: 'advertise',
      text: message('advertise', (body) => {
        body.mlKem768 = Buffer.alloc(1184, 0xff).toString('base64');
      }),
      code: 'key-unusable',
    },
    {
      name: 'key of alder',
      at: 'advertise',
      stage: 'advertise',
      text: message('advertise', (body) => {
        body.x25519 = JSON.parse(JSON.parse(sent('advertise', alder)).body).x25519;
      }),
      code: 'key-repeated',
    },
    {
      name: 'on another T1',
      at: 'share',
      stage: 'share',
      text: JSON.stringify({
        ...share,
        header: changed(coalition, 'share', share.header, 'birch', (body) => {
          body.before = '0'.repeat(64);
        }),
      }),
      code: 'message-misdirected',
    },
    {
      name: 'a part is missing',
      at: 'share',
      stage: 'share',
      text: JSON.stringify({ ...share, parts: share.parts.slice(1) }),
      code: 'commitments-incomplete',
    },
    {
      name: 'other keys after the first',
      at: 'share',
      stage: 'advertise',
      text: message('advertise', (body) => {
        body.x25519 = Buffer.alloc(32, 9).toString('base64');
      }),
      code: 'message-differs',
    },
    {
      name: 'confirmation before the shares are fixed',
      at: 'share',
      stage: 'confirm',
      text: sent('confirm'),
      code: 'message-early',
    },
    {
      name: 'a pair is missing',
      at: 'confirm',
      stage: 'confirm',
      text: message('confirm', (body) => {
        body.pairs.pop();
      }),
      code: 'commitments-incomplete',
    },
    {
      name: 'a shard is missing',
      at: 'manifest',
      stage: 'manifest',
      text: message('manifest', (body) => {
        body.shards.pop();
      }),
      code: 'shards-differ',
    },
    {
      name: 'another digest than the stored shard',
      at: 'manifest',
      stage: 'manifest',
      text: message('manifest', (body) => {
        body.shards[0].sha256 = '0'.repeat(64);
      }),
      code: 'shards-differ',
    },
    {
      name: 'signature before the survivors are fixed',
      at: 'manifest',
      stage: 'signature',
      text: sent('signature'),
      code: 'message-early',
    },
    {
      name: 'on another T4',
      at: 'signature',
      stage: 'signature',
      text: message('signature', (body) => {
        body.before = vector.transcripts.T3;
      }),
      code: 'message-misdirected',
    },
    {
      name: 'both kinds of share for a survivor',
      at: 'opening',
      stage: 'opening',
      text: message('opening', (body) => {
        body.box.push(body.self[0]);
      }),
      code: 'opening-wrong',
    },
    {
      name: 'a share that was not dealt',
      at: 'opening',
      stage: 'opening',
      text: message('opening', (body) => {
        body.self[0].share = Buffer.alloc(33, 1).toString('base64');
      }),
      code: 'share-wrong',
    },
  ] as const;
  const member = [
    { name: 'signed by another key', list: 'keys', text: list('keys', same, 'alder'), code: 'list-signature-wrong' },
    { name: 'not canonical', list: 'keys', text: spaced(textOf('keys')), code: 'list-malformed' },
    {
      name: 'of another plan',
      list: 'keys',
      text: list('keys', (body) => {
        body.plan = '0'.repeat(64);
      }),
      code: 'list-malformed',
    },
    {
      name: 'out of order',
      list: 'keys',
      text: list('keys', (body) => {
        body.members.reverse();
      }),
      code: 'list-malformed',
    },
    {
      name: 'below the quorum',
      list: 'keys',
      text: list('keys', (body) => {
        body.members.pop();
      }),
      code: 'list-below-quorum',
    },
    {
      name: 'a stranger',
      list: 'keys',
      text: list('keys', (body) => {
        body.members[2].organisation = 'drift';
      }),
      code: 'list-not-subset',
    },
    {
      name: 'keys of alder for cedar too',
      list: 'keys',
      text: list('keys', (body) => {
        body.members[2].message = changed(coalition, 'advertise', sent('advertise', alder), 'cedar', (own) => {
          own.from = 'cedar';
        });
      }),
      code: 'key-repeated',
    },
    {
      name: 'spoken for',
      list: 'keys',
      text: list('keys', (body) => {
        body.members[2].message = changed(coalition, 'advertise', body.members[2].message, 'alder', same);
      }),
      code: 'message-signature-wrong',
    },
    { name: 'the next list before its time', list: 'keys', text: textOf('confirms'), code: 'list-unexpected' },
    {
      name: 'the same list with other content',
      list: 'confirms',
      text: list('keys', (body) => {
        body.members.pop();
      }),
      code: 'list-differs',
    },
    {
      name: 'confirmed on another T2',
      list: 'confirms',
      text: list('confirms', (body) => {
        body.members[0].message = changed(coalition, 'confirm', body.members[0].message, 'alder', (own) => {
          own.before = '0'.repeat(64);
        });
      }),
      code: 'message-misdirected',
    },
    {
      name: 'survivors below the quorum',
      list: 'survivors',
      text: list('survivors', (body) => {
        body.members.pop();
      }),
      code: 'list-below-quorum',
    },
    {
      name: 'a manifest of half a vector',
      list: 'survivors',
      text: list('survivors', (body) => {
        body.members[0].message = changed(coalition, 'manifest', body.members[0].message, 'alder', (own) => {
          own.shards.pop();
        });
      }),
      code: 'shards-differ',
    },
    {
      name: 'two signatures of three',
      list: 'signatures',
      text: list('signatures', (body) => {
        body.members.pop();
      }),
      code: 'signatures-too-few',
    },
    {
      name: 'a signature on another survivor set',
      list: 'signatures',
      text: list('signatures', (body) => {
        body.members[0].message = changed(coalition, 'signature', body.members[0].message, 'alder', (own) => {
          own.before = '0'.repeat(64);
        });
      }),
      code: 'message-misdirected',
    },
  ] as const;
  return {
    about: 'All against attempt-of-three.json, for birch. A refusal changes nothing.',
    plans: plans.map(withCode),
    hub: hub.map(withCode),
    member: member.map(withCode),
  };
}
