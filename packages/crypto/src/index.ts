// SPDX-License-Identifier: Apache-2.0
export * from './base64.ts';
export * from './box.ts';
export * from './content-digest.ts';
export * from './hkdf.ts';
export * from './key-agreement.ts';
export * from './key-stream.ts';
export * from './problems.ts';
export * from './request-signature.ts';
export * from './request-verification.ts';
export * from './secret-sharing.ts';
export * from './signature-base.ts';
export * from './signed-record.ts';
export * from './signing-key.ts';
