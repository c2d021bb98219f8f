// SPDX-License-Identifier: Apache-2.0
import type { DataCard } from '@kiban/protocol';
import { croissantContext } from './croissant-context.ts';
import { croissantRaiProperties } from './croissant-rai.ts';

const specifications = ['http://mlcommons.org/croissant/1.1', 'http://mlcommons.org/croissant/RAI/1.0'];

/** Licences that companies name by their SPDX identifier; whatever else stands as the basis is quoted as it is. */
const spdx =
  /^(?:CC0-1\.0|CC-BY(?:-SA|-NC|-ND|-NC-SA|-NC-ND)?-4\.0|Apache-2\.0|MIT|BSD-[23]-Clause|ODbL-1\.0|PDDL-1\.0)$/;

/** File patterns of the formats that are read; no file of the organisation is named. */
const patterns: Readonly<Record<string, { readonly includes: readonly string[]; readonly mediaType: string }>> = {
  text: { includes: ['*.txt', '*.md'], mediaType: 'text/plain' },
  jsonl: { includes: ['*.jsonl'], mediaType: 'application/jsonlines' },
  csv: { includes: ['*.csv'], mediaType: 'text/csv' },
  html: { includes: ['*.html'], mediaType: 'text/html' },
};

/**
 * The card as a Croissant 1.1 document (JSON-LD) with the vocabulary for responsible AI 1.0, PROV-O and an ODRL offer. It describes and does not
 * publish: addresses are names (URN; RFC 6920 for the shards), as the data stays where it is.
 */
export function croissantJsonLd(card: DataCard): Record<string, unknown> {
  const { organisation, dataSet, counts } = card;
  const id = `urn:kiban:data-set:${organisation}:${dataSet}`;
  const member = `urn:kiban:organisation:${organisation}`;
  const { documents, tokens } = counts.packed ?? { documents: counts.preparedDocuments, tokens: null };
  return {
    '@context': croissantContext(),
    '@type': 'sc:Dataset',
    conformsTo: specifications,
    name: dataSet,
    description: `Documents of ${organisation}, held on its own premises for: ${card.purpose}. ${documents} documents${tokens === null ? '' : `, ${tokens} tokens`}; not distributed.`,
    license: licenceOf(card.basis),
    url: id,
    creator: { '@type': 'sc:Organization', name: organisation, url: member },
    datePublished: card.preparedAt.slice(0, 10),
    dateModified: card.preparedAt,
    version: '1.0.0',
    sdVersion: `${card.version}.0.0`,
    inLanguage: 'ja',
    isLiveDataset: true,
    keywords: [card.dataClass, 'Kiban'],
    citeAs: id,
    distribution: distribution(card),
    recordSet: recordSets(card),
    usageInfo: usagePolicy(card, id, member),
    'prov:wasDerivedFrom': { '@id': `${id}:folder` },
    'prov:wasAttributedTo': { '@id': member },
    'prov:wasGeneratedBy': {
      '@type': 'prov:Activity',
      'prov:label':
        card.details === null ? 'Kiban corpus pipeline' : `Kiban corpus pipeline ${card.details.pipeline.digest}`,
      'prov:endedAtTime': card.preparedAt,
    },
    ...croissantRaiProperties(card),
  };
}

function licenceOf(basis: string): unknown {
  if (/^https?:\/\/\S+$/.test(basis)) return basis;
  if (spdx.test(basis)) return `https://spdx.org/licenses/${basis}`;
  return {
    '@type': 'sc:CreativeWork',
    name: basis,
    description: 'Basis of the use as the organisation states it; no public licence.',
  };
}

function distribution({ details, counts }: DataCard): unknown[] {
  const sets = formatsOf(details).map((format) => ({
    '@type': 'cr:FileSet',
    '@id': `files-${format}`,
    name: `files-${format}`,
    description: `${details?.composition.byFormat[format]} files on the premises of the organisation.`,
    encodingFormat: patterns[format]!.mediaType,
    includes: patterns[format]!.includes,
  }));
  const { packing } = details ?? {};
  const shards = (['training', 'heldOut'] as const).flatMap((side) => {
    const shard = packing?.[side];
    if (shard === undefined) return [];
    return [
      {
        '@type': 'cr:FileObject',
        '@id': `shard-${side}`,
        name: side === 'training' ? 'training.bin' : 'heldout.bin',
        description: `${shard.rows} rows of token ids, ${shard.tokens} tokens.`,
        contentUrl: `ni:///sha-256;${Buffer.from(shard.sha256, 'hex').toString('base64url')}`,
        contentSize: `${shard.byteLength} B`,
        encodingFormat: 'application/octet-stream',
        sha256: shard.sha256,
      },
    ];
  });
  return sets.length === 0 ? [unnamedFiles(counts.files.total)] : [...sets, ...shards];
}

/** The specification wants something distributed; of a summary only the number of files is known. */
function unnamedFiles(total: number): unknown {
  const description = `${total} files on the premises of the organisation.`;
  return {
    '@type': 'cr:FileSet',
    '@id': 'files',
    name: 'files',
    description,
    encodingFormat: 'text/plain',
    includes: '*',
  };
}

/** Of a summary no format is known, and so no file set and no record. */
function formatsOf(details: DataCard['details']): string[] {
  return Object.keys(details?.composition.byFormat ?? {}).filter((format) => patterns[format] !== undefined);
}

/** What a record is, not what is in it. */
function recordSets({ details }: DataCard): unknown[] {
  return formatsOf(details).map((format) => ({
    '@type': 'cr:RecordSet',
    '@id': `documents-${format}`,
    name: `documents-${format}`,
    field: [
      {
        '@type': 'cr:Field',
        '@id': `documents-${format}/text`,
        name: 'text',
        description: 'Content of a file, which its documents are cut from.',
        dataType: 'sc:Text',
        source: { fileSet: { '@id': `files-${format}` }, extract: { fileProperty: 'content' } },
      },
    ],
  }));
}

/** Use for the purpose that the steward wrote down, and nothing handed on unless the class is public (ODRL 2.2). */
function usagePolicy({ purpose, dataClass }: DataCard, id: string, assigner: string): unknown {
  const rule = (type: 'odrl:Permission' | 'odrl:Prohibition', action: string) => ({
    '@type': type,
    'odrl:target': { '@id': id },
    'odrl:action': { '@id': action },
  });
  return {
    '@type': ['sc:CreativeWork', 'odrl:Offer'],
    '@id': `${id}:terms`,
    name: 'terms of use',
    'odrl:assigner': { '@id': assigner },
    'odrl:permission': {
      ...rule('odrl:Permission', 'odrl:use'),
      'odrl:constraint': {
        '@type': 'odrl:Constraint',
        'odrl:leftOperand': { '@id': 'odrl:purpose' },
        'odrl:operator': { '@id': 'odrl:eq' },
        'odrl:rightOperand': purpose,
      },
    },
    ...(dataClass === 'public' ? {} : { 'odrl:prohibition': rule('odrl:Prohibition', 'odrl:distribute') }),
  };
}
