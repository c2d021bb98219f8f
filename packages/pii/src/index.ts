// SPDX-License-Identifier: Apache-2.0
export { detect } from './detect.ts';
export { defaultPolicy, type Policy, parsePolicy, readPolicyFile } from './policy.ts';
