// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import type { DigitGroups } from '../digit-groups.ts';
import type { Emit } from '../finding.ts';
import type { Region } from '../region.ts';
import { weights } from '../scoring.ts';

const email =
  /[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,6}[A-Za-z]{2,24}(?![A-Za-z0-9])/g;

/** E-mail addresses. */
export function findEmailAddresses(region: Region, emit: Emit): void {
  for (const match of region.line.matchAll(email)) {
    const from = region.from + match.index;
    emit({
      class: 'email-address',
      rule: 'email',
      from,
      to: from + match[0].length,
      evidence: [{ kind: 'shape', weight: weights.selfEvident }],
      contextDone: true,
    });
  }
}

/** Four groups of at most three digits with dots. Only addresses that the public internet routes are personal data by default. */
export function findIpv4Addresses(region: Region, groups: DigitGroups, emit: Emit): void {
  const { text } = region;
  for (let first = 0; first + 3 < groups.count; first += 1) {
    const from = groups.from[first]!;
    const to = groups.to[first + 3]!;
    if (to - from > 15 || text[groups.to[first]!] !== '.') continue;
    const address = text.slice(from, to);
    if (isIP(address) !== 4 || !isPublicIpv4(address)) continue;
    if (/[\w.-]/.test(text[from - 1] ?? '') || /^(?:[\w-]|\.\d)/.test(text.slice(to, to + 2))) continue;
    emit({ class: 'ip-address', rule: 'ipv4', from, to, evidence: [{ kind: 'shape', weight: weights.selfEvident }] });
  }
}

/** Not private, loopback, link-local, documentation, multicast or reserved (RFC 6890). */
function isPublicIpv4(address: string): boolean {
  const [a, b, c] = address.split('.').map(Number) as [number, number, number, number];
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false;
  if (a === 100 && b >= 64 && b <= 127) return false;
  if (a === 169 && b === 254) return false;
  if (a === 172 && b >= 16 && b <= 31) return false;
  if (a === 192 && (b === 168 || (b === 0 && (c === 0 || c === 2)))) return false;
  return !((a === 198 && (b === 18 || b === 19 || (b === 51 && c === 100))) || (a === 203 && b === 0 && c === 113));
}

const ipv6 = /(?<![\w:.])[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:]{2,34}(?![\w:])/g;

/** Global unicast addresses (2000::/3) without the documentation prefix. */
export function findIpv6Addresses(region: Region, emit: Emit): void {
  for (const match of region.line.matchAll(ipv6)) {
    if (isIP(match[0]) !== 6 || /^2001:0?db8:/i.test(match[0])) continue;
    const from = region.from + match.index;
    const evidence = [{ kind: 'shape', weight: weights.selfEvident } as const];
    emit({ class: 'ip-address', rule: 'ipv6', from, to: from + match[0].length, evidence });
  }
}

const pair = /(?<![\d.-])(-?\d{1,2}\.\d{4,15})(?:, ?| ?\/ ?| |、)(?:[^\d\n]{0,8}?)(-?\d{1,3}\.\d{4,15})(?![\d.])/g;
const degrees =
  /北緯 ?\d{1,2}(?:\.\d+)?度[^\n]{0,24}?東経 ?\d{2,3}(?:\.\d+)?度(?: ?\d{1,2}分)?(?: ?\d{1,2}(?:\.\d+)?秒)?/g;

/** Latitude and longitude: with four decimals (ten metres) or more, in Japan's range. */
export function findCoordinates(region: Region, emit: Emit): void {
  for (const match of region.line.matchAll(pair)) {
    const latitude = Number(match[1]);
    const longitude = Number(match[2]);
    if (latitude < 20 || latitude > 46 || longitude < 122 || longitude > 154) continue;
    const from = region.from + match.index;
    const evidence = [{ kind: 'shape', weight: weights.mixed } as const];
    emit({ class: 'coordinates', rule: 'coordinates/decimal', from, to: from + match[0].length, evidence });
  }
  if (!region.line.includes('北緯')) return;
  for (const match of region.line.matchAll(degrees)) {
    const from = region.from + match.index;
    const evidence = [{ kind: 'shape', weight: weights.selfEvident } as const];
    emit({ class: 'coordinates', rule: 'coordinates/degrees', from, to: from + match[0].length, evidence });
  }
}
