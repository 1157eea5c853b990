/** By whatever else a key and its entry take. */
const OVERHEAD_BYTES = 160;
/** Anybody may send a long text, which is not worth keeping to recognise. */
const LONGEST_KEY = 1024;

interface Entry<T> {
  readonly value: T;
  readonly sizeBytes: number;
}

/**
 * What was made for one request and serves later ones: by key, up to so many bytes. Entries are of two generations; once the
 * younger one holds half of the bytes it becomes the older one, whose entries go unless they were asked for since. That is nearly
 * the least recently used first, at the cost of one lookup.
 */
export class Kept<T> {
  #young = new Map<string | number, Entry<T>>();
  #old = new Map<string | number, Entry<T>>();
  #youngBytes = 0;
  #oldBytes = 0;
  readonly #mostBytes: number;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** About what it takes in memory. */
  get sizeBytes(): number {
    return this.#youngBytes + this.#oldBytes;
  }

  get(key: string | number): T | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young.value;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.#oldBytes -= old.sizeBytes;
    this.#add(key, old);
    return old.value;
  }

  /** @param valueBytes about what the value takes; one that would fill half of the room is not kept. */
  set(key: string | number, value: T, valueBytes: number): void {
    const keyLength = typeof key === 'string' ? key.length : 0;
    const sizeBytes = valueBytes + 2 * keyLength + OVERHEAD_BYTES;
    if (keyLength <= LONGEST_KEY && 2 * sizeBytes <= this.#mostBytes)
      this.#add(key, { value, sizeBytes });
  }

  #add(key: string | number, entry: Entry<T>): void {
    if (2 * (this.#youngBytes + entry.sizeBytes) > this.#mostBytes) {
      this.#old = this.#young;
      this.#oldBytes = this.#youngBytes;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#youngBytes += entry.sizeBytes - (this.#young.get(key)?.sizeBytes ?? 0);
    this.#young.set(key, entry);
  }
}
