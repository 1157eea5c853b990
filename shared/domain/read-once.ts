/** Of the texts that one generation holds: what is read of them takes several times as much. */
const MOST_CHARACTERS = 32_768;
/** A text so long hardly comes twice. */
const LONGEST_CHARACTERS = 2048;

/**
 * Reads what many requests send alike, such as the filters and rules of a site's page, once: equal values give the same object, by which others can
 * keep what they make of it. Nobody may change it.
 *
 * Texts are of two generations. Once the younger one is full it becomes the older one, whose texts go unless they were asked for since.
 */
export class ReadOnce<T> {
  readonly #read: (value: unknown) => T;
  #young = new Map<string, T>();
  #old = new Map<string, T>();
  #characters = 0;

  /** @param read a pure function of a value of JSON; what it refuses is read anew each time. */
  constructor(read: (value: unknown) => T) {
    this.#read = read;
  }

  /** @param value as `JSON.parse` gives it. */
  of(value: unknown): T {
    const text = textOf(value);
    if (text === undefined || text.length > LONGEST_CHARACTERS) return this.#read(value);
    const before = this.#young.get(text);
    if (before !== undefined) return before;
    const own = this.#old.get(text) ?? this.#read(value);
    if (this.#characters + text.length > MOST_CHARACTERS) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#characters = 0;
    }
    this.#young.set(text, own);
    this.#characters += text.length;
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
