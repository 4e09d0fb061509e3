import {isUtf8} from 'node:buffer';
import type {FileMetaData, ParquetParsers, SchemaElement} from 'hyparquet';
import {ExactNumber} from '../../../domain/json/exact-json.js';

const MS_PER_DAY = 86_400_000;

/** Dates are dates, and times keep all their digits: as `Date` both would be milliseconds. */
export const TIME_PARSERS: Partial<ParquetParsers> = {
  dateFromDays: (days: number) => new Date(days * MS_PER_DAY).toISOString().replace(/T.*$/u, ''),
  timestampFromMilliseconds: (time: bigint) => timestampOf(time, 3),
  timestampFromMicroseconds: (time: bigint) => timestampOf(time, 6),
  timestampFromNanoseconds: (time: bigint) => timestampOf(time, 9),
};

/** @param digits - of the fraction of a second that the time is counted in. */
function timestampOf(time: bigint, digits: number): string {
  const second = 10n ** BigInt(digits);
  const fraction = ((time % second) + second) % second;
  const start = new Date(Number((time - fraction) / second) * 1_000).toISOString().replace(/\..*$/u, '');
  return `${start}.${fractionOf(fraction, digits)}Z`;
}

/** Three digits, or as many as there are. */
function fractionOf(fraction: bigint, digits: number): string {
  const all = String(fraction).padStart(digits, '0');
  return all.slice(0, 3) + all.slice(3).replace(/0+$/u, '');
}

/** The columns of the table: the children of the root, each without what is in it. */
export function columnElements({schema}: FileMetaData): readonly SchemaElement[] {
  const elements: SchemaElement[] = [];
  let at = 1;
  const skip = (): void => {
    const children = schema[at++]?.num_children ?? 0;
    for (let i = 0; i < children; i++) skip();
  };
  for (let element = schema[at]; element !== undefined; element = schema[at]) {
    elements.push(element);
    skip();
  }
  return elements;
}

/** Gives what stands in a column as a value of JSON. */
type ValueReader = (column: string, value: unknown) => unknown;

/**
 * How the values of a table are read. For the columns of some types the metadata are changed: they are then read as the whole numbers
 * that they are stored as. The reader would turn decimals into floating point, and does not know times of day.
 */
export function createValueReader(metadata: FileMetaData): ValueReader {
  const readers = new Map<string, (value: unknown) => unknown>();
  for (const element of columnElements(metadata)) {
    const read = readerOf(element);
    if (read !== undefined) readers.set(element.name, read);
  }
  return (column, value) => {
    const read = readers.get(column);
    return read === undefined || value === null || value === undefined ? plainValue(value) : read(value);
  };
}

function readerOf(element: SchemaElement): ((value: unknown) => unknown) | undefined {
  if ((element.num_children ?? 0) > 0) return undefined;
  const {converted_type: converted, logical_type: logical, scale = 0} = element;
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') {
    delete element.converted_type;
    delete element.logical_type;
    return (value) => decimalOf(value, scale);
  }
  const digits = logical?.type === 'TIME' ? DIGITS[logical.unit] : DIGITS_OF_OLD_TIMES.get(converted);
  if (digits !== undefined) return (value) => timeOfDay(value, digits);
  // A time without a zone is not one in UTC.
  if (logical?.type === 'TIMESTAMP' && !logical.isAdjustedToUTC)
    return (value) => String(value).replace(/Z$/u, '');
  return undefined;
}

const DIGITS = {MILLIS: 3, MICROS: 6, NANOS: 9} as const;
/** Files of earlier writers have no logical types. */
const DIGITS_OF_OLD_TIMES: ReadonlyMap<string | undefined, number> = new Map([
  ['TIME_MILLIS', 3],
  ['TIME_MICROS', 6],
]);

function timeOfDay(value: unknown, digits: number): string {
  return timestampOf(BigInt(value as number | bigint), digits).replace(/^.*T|Z$/gu, '');
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return new ExactNumber(String(value));
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array)
    return isUtf8(value) ? Buffer.from(value).toString('utf8') : Buffer.from(value).toString('base64');
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as unknown as ArrayLike<unknown>, plainValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plainValue(member)]));
}

function decimalOf(value: unknown, scale: number): unknown {
  const unscaled = value instanceof Uint8Array ? bigEndian(value) : BigInt(value as number | bigint);
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return new ExactNumber(scale === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-scale)}`);
}

/** Two's complement. */
function bigEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}
