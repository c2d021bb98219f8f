// SPDX-License-Identifier: Apache-2.0
// Check digits of Japanese identifiers. Each function takes the digits as a string of the right length and says whether the check holds.

function sumOf(digits: string, weightAt: (index: number) => number): number {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) sum += (digits.charCodeAt(index) - 48) * weightAt(index);
  return sum;
}

/** Check digit of an 11-digit body of 個人番号 (総務省令第85号 第5条). */
export function individualNumberCheck(body: string): number {
  // n counts from the digit beside the check digit.
  const remainder = sumOf(body, (index) => (11 - index <= 6 ? 12 - index : 6 - index)) % 11;
  return remainder <= 1 ? 0 : 11 - remainder;
}

/** 個人番号, 12 digits, the check last. */
export function individualNumberHolds(digits: string): boolean {
  return individualNumberCheck(digits.slice(0, 11)) === digits.charCodeAt(11) - 48;
}

/** Check digit, 1 to 9, of the 12-digit body of 法人番号 (財務省令第70号 第2条). */
export function corporateNumberCheck(body: string): number {
  return 9 - (sumOf(body, (index) => ((body.length - index) % 2 === 1 ? 1 : 2)) % 9);
}

/** 法人番号, 13 digits, the check first. */
export function corporateNumberHolds(digits: string): boolean {
  return corporateNumberCheck(digits.slice(1)) === digits.charCodeAt(0) - 48;
}

/** Check digit of the first ten digits of 運転免許証番号. By convention: no official text gives it, and printed specimens break it. */
export function drivingLicenceCheck(body: string): number {
  return (11 - (sumOf(body.slice(0, 10), (index) => [5, 4, 3, 2, 7, 6, 5, 4, 3, 2][index]!) % 11)) % 10;
}

/** 運転免許証番号, 12 digits: the check is the eleventh. */
export function drivingLicenceHolds(digits: string): boolean {
  return drivingLicenceCheck(digits) === digits.charCodeAt(10) - 48;
}

/** Check digit of 保険者番号 and 公費負担者番号: weights 2, 1 from the right, digit sums (厚生労働省 設定要領). */
export function insurerNumberCheck(body: string): number {
  const sum = alternatingDigitSum(body);
  return (10 - (sum % 10)) % 10;
}

/** 保険者番号, 6 or 8 digits, the check last. */
export function insurerNumberHolds(digits: string): boolean {
  return insurerNumberCheck(digits.slice(0, -1)) === digits.charCodeAt(digits.length - 1) - 48;
}

/** Luhn's check digit (ISO/IEC 7812-1 annex B) of a body. The same sum as of 保険者番号. */
export function luhnCheck(body: string): number {
  return insurerNumberCheck(body);
}

/** Payment card numbers, 14 to 16 digits. */
export function luhnHolds(digits: string): boolean {
  return luhnCheck(digits.slice(0, -1)) === digits.charCodeAt(digits.length - 1) - 48;
}

function alternatingDigitSum(body: string): number {
  let sum = 0;
  for (let index = 0; index < body.length; index += 1) {
    const product = (body.charCodeAt(body.length - 1 - index) - 48) * (index % 2 === 0 ? 2 : 1);
    sum += product > 9 ? product - 9 : product;
  }
  return sum;
}

/** Check digit of a field of a machine-readable zone (ICAO Doc 9303 part 3, 4.9): weights 7, 3, 1; A = 10; filler 0. */
export function machineReadableCheck(field: string): number {
  let sum = 0;
  for (let index = 0; index < field.length; index += 1) {
    const unit = field.charCodeAt(index);
    const value = unit >= 48 && unit <= 57 ? unit - 48 : unit >= 65 && unit <= 90 ? unit - 55 : 0;
    sum += value * [7, 3, 1][index % 3]!;
  }
  return sum % 10;
}

/** Vehicle identification numbers of 17 characters with the check in the ninth place (ISO 3779, 49 CFR 565.15); many are made without one. */
export function vehicleNumberHolds(vin: string): boolean {
  const values: Readonly<Record<string, number>> = {
    ...{ A: 1, B: 2, C: 3, D: 4, E: 5, F: 6, G: 7, H: 8, J: 1, K: 2, L: 3, M: 4, N: 5, P: 7, R: 9 },
    ...{ S: 2, T: 3, U: 4, V: 5, W: 6, X: 7, Y: 8, Z: 9 },
  };
  const weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
  let sum = 0;
  for (let index = 0; index < 17; index += 1) sum += (values[vin[index]!] ?? Number(vin[index])) * weights[index]!;
  return 'X0123456789'[(sum % 11) + (sum % 11 === 10 ? -10 : 1)] === vin[8];
}

/** Account number and branch that a 記号番号 of ゆうちょ銀行 stands for between banks; undefined where the form has none. */
export function postalSavingsAccount(symbol: string, number: string): { branch: string; account: string } | undefined {
  if (!/^[01]\d{3}0$/.test(symbol)) return undefined;
  const branch = `${symbol.slice(1, 3)}${symbol[0] === '1' ? '8' : '9'}`;
  if (symbol[0] === '0') return { branch, account: number.padStart(7, '0') };
  return number.endsWith('1') ? { branch, account: number.slice(0, -1).padStart(7, '0') } : undefined;
}

/** Check digit of a five-digit code of a prefecture or municipality (総務省 全国地方公共団体コード). */
export function municipalityCodeCheck(body: string): number {
  return (11 - (sumOf(body, (index) => 6 - index) % 11)) % 10;
}
