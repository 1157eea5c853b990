import { invalid } from '../../../shared/domain/errors.ts';

/**
 * Universal Binary JSON (draft 12, ubjson.org) as far as XGBoost writes it: objects, lists, lists of one type of number with their
 * length, texts, numbers, true, false and null. Numbers are big-endian.
 */
const MAX_NESTED = 64;

type Reader = (view: DataView, at: number) => number;
/** By marker: how many bytes a number has, and how it is read. */
const NUMBERS: Readonly<Record<string, readonly [size: number, read: Reader]>> = {
  i: [1, (view, at) => view.getInt8(at)],
  U: [1, (view, at) => view.getUint8(at)],
  I: [2, (view, at) => view.getInt16(at)],
  l: [4, (view, at) => view.getInt32(at)],
  L: [8, (view, at) => Number(view.getBigInt64(at))],
  d: [4, (view, at) => view.getFloat32(at)],
  D: [8, (view, at) => view.getFloat64(at)],
};

/** @throws ApiError 400 where the bytes end too early or are something else. */
export function readUbjson(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let at = 0;
  const bad = (what: string) => invalid(`byte ${at} of the UBJSON file: ${what}`);
  const room = (size: number): number => {
    if (!(size >= 0) || at + size > bytes.length) throw bad('the file ends too early');
    const from = at;
    at += size;
    return from;
  };
  const marker = (): string => {
    let found = String.fromCharCode(bytes[room(1)]);
    while (found === 'N') found = String.fromCharCode(bytes[room(1)]);
    return found;
  };
  const number = (type: string): number => {
    const known = NUMBERS[type];
    if (known === undefined) throw bad(`expected a number, but found "${type}"`);
    return known[1](view, room(known[0]));
  };
  const text = (): string => {
    const size = number(marker());
    const from = room(size);
    try {
      return decoder.decode(bytes.subarray(from, from + size));
    } catch {
      throw bad('a text is not UTF-8');
    }
  };
  const typed = (): { type?: string; count?: number } => {
    let type: string | undefined;
    if (bytes[at] === 0x24) {
      at++;
      type = marker();
      if (bytes[at] !== 0x23) throw bad('a list of one type must say its length');
    }
    if (bytes[at] !== 0x23) return {};
    at++;
    const count = number(marker());
    // Each entry takes a byte at least, so a length that is a lie takes no memory.
    if (!(count >= 0) || count > bytes.length - at) throw bad('the file ends too early');
    return { ...(type !== undefined && { type }), count };
  };
  const list = (depth: number): unknown[] => {
    const { type, count } = typed();
    const found: unknown[] = [];
    if (count === undefined) {
      for (let next = marker(); next !== ']'; next = marker()) found.push(value(next, depth));
      return found;
    }
    for (let i = 0; i < count; i++) found.push(value(type ?? marker(), depth));
    return found;
  };
  const object = (depth: number): Record<string, unknown> => {
    const { type, count } = typed();
    const entries: [string, unknown][] = [];
    for (let i = 0; count === undefined ? bytes[at] !== 0x7d : i < count; i++) {
      const name = text();
      entries.push([name, value(type ?? marker(), depth)]);
    }
    if (count === undefined) room(1);
    return Object.fromEntries(entries);
  };
  const value = (type: string, depth: number): unknown => {
    if (depth > MAX_NESTED) throw bad(`nested deeper than ${MAX_NESTED} levels`);
    if (type === '{') return object(depth + 1);
    if (type === '[') return list(depth + 1);
    if (type === 'S') return text();
    if (type === 'C') return String.fromCharCode(bytes[room(1)]);
    if (type === 'T') return true;
    if (type === 'F') return false;
    if (type === 'Z') return null;
    return number(type);
  };
  const whole = value(marker(), 0);
  if (at !== bytes.length) throw bad('something follows the end');
  return whole;
}
