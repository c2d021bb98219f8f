// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dataSetIdSchema, KibanError, writeFileDurably } from '@kiban/core';
import { croissantJsonLd, dataCardLines, dataCardPage } from '@kiban/corpus';
import { dataCardDigest, type SignedDataCard, signedDataCardSchema, verifyDataCard } from '@kiban/protocol';
import type { Command } from 'commander';
import { connect } from '../administration-client.ts';
import type { CommandContext } from '../command-context.ts';
import { parseArgument } from '../parse-argument.ts';

interface CardOptions {
  readonly directory: string;
  readonly html?: string;
  readonly croissant?: string;
  readonly signed?: string;
}

/** `kiban data card`, `kiban data verify-card` and `kiban data sign-report`. */
export function addCardCommands(command: Command, context: CommandContext): void {
  const text = (ja: string, en: string) => (context.language === 'ja' ? ja : en);

  command
    .command('card')
    .description(
      text(
        '署名済みのデータカードを見る、書き出す (原文もファイル名も含まない)',
        'show or write the signed data card (no text of documents, no file names)',
      ),
    )
    .argument('<NAME>')
    .option('-d, --directory <DIR>', text('ノードのディレクトリ', 'directory of the node'), '.kiban/node')
    .option('--html <FILE>', text('読むためのページ', 'a page to read'))
    .option('--croissant <FILE>', text('Croissant 1.1 (JSON-LD)', 'Croissant 1.1 (JSON-LD)'))
    .option(
      '--signed <FILE>',
      text('署名付きのカード (JSON)。verify-card で確かめられる', 'the signed card (JSON), which verify-card checks'),
    )
    .addHelpText(
      'after',
      `\n${text('例', 'Example')}:\n  kiban data card shift-logs --html card.html --signed card.json`,
    )
    .action(async (name: string, options: CardOptions) => {
      const id = parseArgument(dataSetIdSchema, name);
      const node = await connect(options.directory, context.language);
      const signed = signedDataCardSchema.parse(await node.get(`/data-sets/${id}/card`));
      const files: (readonly [string | undefined, () => string])[] = [
        [options.html, () => dataCardPage(signed, context.language)],
        [options.croissant, () => `${JSON.stringify(croissantJsonLd(signed.card), null, 2)}\n`],
        [options.signed, () => `${JSON.stringify(signed, null, 2)}\n`],
      ];
      for (const [path, content] of files) if (path !== undefined) await writeFileDurably(path, content());
      context.show(signed, () => [
        ...dataCardLines(signed.card, context.language),
        `${text('署名した鍵', 'signed by key')}  ${signed.signature.keyId}`,
        `SHA-256  ${dataCardDigest(signed.card)}`,
      ]);
    });

  command
    .command('sign-report')
    .description(
      text(
        '準備の報告に、データ管理者として署名する (社内に残る)',
        'sign the report of the preparation as the steward (stays at home)',
      ),
    )
    .argument('<NAME>')
    .option('--steward <NAME>', text('署名する人', 'who signs'), userInfo().username)
    .option('--remark <TEXT>', text('所見', 'remark'), '')
    .option('-d, --directory <DIR>', text('ノードのディレクトリ', 'directory of the node'), '.kiban/node')
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban data sign-report shift-logs --steward "K. Minase"`)
    .action(async (name: string, options: { steward: string; remark: string; directory: string }) => {
      const id = parseArgument(dataSetIdSchema, name);
      const node = await connect(options.directory, context.language);
      const { steward, remark } = options;
      const signed = await node.post<{ statement: { reportDigest: string } }>(`/data-sets/${id}/signature`, {
        steward,
        remark,
      });
      context.show(signed, () => [
        text(`${id} の報告に ${steward} が署名しました。`, `${steward} signed the report of ${id}.`),
        `SHA-256  ${signed.statement.reportDigest}`,
      ]);
    });

  command
    .command('verify-card')
    .description(text('カードの署名を確かめる (ノードは要らない)', 'check the signature of a card (needs no node)'))
    .argument('<FILE>')
    .option(
      '--key <KEY-ID>',
      text('この鍵の署名だけを認める (kiban node status が示す)', 'accept this key alone (kiban node status shows it)'),
    )
    .addHelpText('after', `\n${text('例', 'Example')}:\n  kiban data verify-card card.json --key KEY-ID`)
    .action(async (path: string, options: { key?: string }) => {
      const signed = await readSignedCard(path);
      const { keyId } = verifyDataCard(signed);
      if (options.key !== undefined && options.key !== keyId) throw otherKey(keyId, options.key);
      const { organisation, dataSet } = signed.card;
      const found = { valid: true, organisation, dataSet, keyId, digest: dataCardDigest(signed.card) };
      context.show(found, () => [
        text(`署名は正しい: ${organisation} の ${dataSet}`, `The signature is right: ${dataSet} of ${organisation}`),
        `${text('鍵', 'key')}  ${keyId}`,
        `SHA-256  ${found.digest}`,
        ...(options.key === undefined
          ? [
              text(
                'この鍵が誰のものかは、この検査では分からない。--key で指定すること。',
                'Whose key this is, the check cannot tell: name the one that you trust with --key.',
              ),
            ]
          : []),
      ]);
    });
}

async function readSignedCard(path: string): Promise<SignedDataCard> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw unreadable(path, cause);
  }
  const parsed = signedDataCardSchema.safeParse(value);
  if (!parsed.success) throw unreadable(path, parsed.error);
  return parsed.data;
}

function unreadable(path: string, cause: unknown): KibanError {
  return new KibanError({
    code: 'card-unreadable',
    status: 422,
    title: { ja: 'データカードを読めません', en: 'The data card cannot be read' },
    detail: {
      ja: `${path} は kiban data card --signed が書いたファイルではありません。`,
      en: `${path} is not a file that kiban data card --signed wrote.`,
    },
    cause,
  });
}

function otherKey(keyId: string, wanted: string): KibanError {
  return new KibanError({
    code: 'card-signed-by-another',
    status: 422,
    title: { ja: '別の鍵の署名です', en: 'Another key signed it' },
    detail: {
      ja: `署名した鍵は ${keyId} で、指定の ${wanted} ではありません。`,
      en: `It was signed by ${keyId}, not by ${wanted}.`,
    },
  });
}
