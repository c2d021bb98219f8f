// SPDX-License-Identifier: Apache-2.0
export { normalise, type ProfileName } from './normalising/profiles.ts';
export { dedupShadow } from './shadow/dedup-shadow.ts';
export { nfkcShadow } from './shadow/nfkc-shadow.ts';
export { piiShadow } from './shadow/pii-shadow.ts';
export { type Shadow, sourceSpan, unicodeVersion } from './shadow/shadow.ts';
