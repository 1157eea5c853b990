import { Kept } from '../memory/kept.ts';

const MOST_BYTES = 2 ** 19;
/** What is read of a text takes about so many times its characters. */
const BYTES_PER_CHARACTER = 8;

/**
 * Reads what many requests send alike, such as the filters and rules of a site's page, once: equal values give the same object, by which others can
 * keep what they make of it. Nobody may change it.
 */
export class ReadOnce<T> {
  readonly #read: (value: unknown) => T;
  readonly #kept = new Kept<T>(MOST_BYTES);

  /** @param read a pure function of a value of JSON; what it refuses is read anew each time. */
  constructor(read: (value: unknown) => T) {
    this.#read = read;
  }

  /** @param value as `JSON.parse` gives it. */
  of(value: unknown): T {
    const text = textOf(value);
    if (text === undefined) return this.#read(value);
    const before = this.#kept.get(text);
    if (before !== undefined) return before;
    const own = this.#read(value);
    this.#kept.set(text, own, BYTES_PER_CHARACTER * text.length);
    return own;
  }
}

/** @returns undefined of what no text can be made of, as it is too deep: whoever reads it says what is wrong. */
function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
