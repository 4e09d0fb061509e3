import {RawJson} from '../../domain/json/raw-json.js';
import type {Cell, Column} from './table-columns.js';

/** What the cells of a column are in Parquet. All of them may be null. */
export type ParquetType = 'STRING' | 'INT64' | 'DOUBLE' | 'BOOLEAN';

export type ParquetValue = string | bigint | number | boolean | null;

/** A cell that its column cannot hold: a number that would lose digits, or something else than the column is for. */
export type Misfit = 'digits' | 'kind';

const TYPES = {integer: 'INT64', number: 'DOUBLE', boolean: 'BOOLEAN'} as const;
const NUMBER = /^(?<sign>-?)(?<whole>\d+)(?:\.(?<fraction>\d+))?(?:[eE](?<exponent>[+-]?\d+))?$/u;
const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

/** The type of a column in Parquet. */
export function parquetType({type}: Column): ParquetType {
  return type === undefined ? 'STRING' : TYPES[type];
}

/** A cell as a value of this type; null, with a call of `misfit`, when it has none. */
export function parquetValue(cell: Cell, type: ParquetType, misfit: (why: Misfit) => void): ParquetValue {
  if (cell === null) return null;
  const text = cell instanceof RawJson ? cell.text : String(cell);
  if (type === 'STRING') return text;
  const isOfKind =
    typeof cell === 'string' ? false : type === 'BOOLEAN' ? typeof cell === 'boolean' : NUMBER.test(text);
  if (!isOfKind) {
    misfit('kind');
    return null;
  }
  if (type === 'BOOLEAN') return cell === true;
  const value = type === 'INT64' ? int64Of(text) : doubleOf(text);
  if (value === null) misfit('digits');
  return value;
}

function int64Of(text: string): bigint | null {
  const number = Number(text);
  if (!/^-?\d+$/u.test(text) && !Number.isSafeInteger(number)) return null;
  const value = /^-?\d+$/u.test(text) ? BigInt(text) : BigInt(number);
  return value >= MIN_INT64 && value <= MAX_INT64 ? value : null;
}

function doubleOf(text: string): number | null {
  const number = Number(text);
  const written = String(number);
  const isSame = written === text || (Number.isFinite(number) && plainDigits(written) === plainDigits(text));
  return isSame ? number : null;
}

/** The same text for all ways in which a number can be written. */
function plainDigits(text: string): string {
  const {sign = '', whole = '', fraction = '', exponent = '0'} = NUMBER.exec(text)?.groups ?? {};
  const digits = (whole + fraction).replace(/^0+/u, '');
  const significant = digits.replace(/0+$/u, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
