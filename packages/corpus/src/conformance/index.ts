// SPDX-License-Identifier: Apache-2.0
export { type DecodingPortSamples, describeDecodingPort } from './describe-decoding-port.ts';
