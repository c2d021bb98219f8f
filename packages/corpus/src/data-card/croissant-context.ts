// SPDX-License-Identifier: Apache-2.0

/** Terms of the Croissant vocabulary that stand without a prefix in the recommended context of Croissant 1.1 (appendix 1). */
const croissantTerms = [
  'annotation',
  'arrayShape',
  'citeAs',
  'column',
  'containedIn',
  'equivalentProperty',
  'excludes',
  'extract',
  'field',
  'fileObject',
  'fileProperty',
  'fileSet',
  'format',
  'includes',
  'isArray',
  'isLiveDataset',
  'jsonPath',
  'key',
  'md5',
  'parentField',
  'path',
  'readLines',
  'recordSet',
  'references',
  'regex',
  'repeated',
  'replace',
  'samplingRate',
  'sdVersion',
  'separator',
  'source',
  'subField',
  'transform',
  'unArchive',
  'value',
] as const;

/**
 * JSON-LD context of a Croissant 1.1 document, with the namespaces of provenance and usage policies. The schema.org namespace is the one with
 * `https`, which the reference implementation and the published data sets use.
 */
export function croissantContext(): Record<string, unknown> {
  return {
    '@language': 'en',
    '@vocab': 'https://schema.org/',
    sc: 'https://schema.org/',
    cr: 'http://mlcommons.org/croissant/',
    rai: 'http://mlcommons.org/croissant/RAI/',
    dct: 'http://purl.org/dc/terms/',
    odrl: 'http://www.w3.org/ns/odrl/2/',
    prov: 'http://www.w3.org/ns/prov#',
    conformsTo: 'dct:conformsTo',
    data: { '@id': 'cr:data', '@type': '@json' },
    dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
    description: { '@container': '@language' },
    examples: { '@id': 'cr:examples', '@type': '@json' },
    name: { '@container': '@language' },
    ...Object.fromEntries(croissantTerms.map((term) => [term, `cr:${term}`])),
  };
}
