/** By whatever else a key and its entry take. */
const OVERHEAD_BYTES = 160;
/** Anybody may send a long text, which is not worth keeping to recognise. */
const LONGEST_KEY = 1024;

interface Entry<T> {
  readonly value: T;
  readonly sizeBytes: number;
}

/** How much all that is kept in an isolate, whose memory is 128 MB, may take together: plans, units, rows of filters and best rows. */
const MOST_IN_ALL_BYTES = 1 << 24;

/**
 * The room that several `Kept` share. Each holds to a limit of its own, but how many there are depends on the schema, and on how many
 * tables and versions are in use. Once all together would pass the limit, each of them begins a generation, so that what nobody asked for
 * lately goes wherever it is. What is of a table that is no longer in use counts until it goes that way.
 */
export class KeptRoom {
  readonly mostBytes: number;
  #youngBytes = 0;
  #oldBytes = 0;
  /** Those that hold anything: the room keeps none in memory that does not take any of it. */
  readonly #holders = new Set<{ age(): void }>();

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes;
  }

  /** About what all of them take in memory. */
  get sizeBytes(): number {
    return this.#youngBytes + this.#oldBytes;
  }

  /** To be called before one of them adds so many bytes, which are at most half of the room. */
  make(sizeBytes: number): void {
    const isFull = this.sizeBytes + sizeBytes > this.mostBytes;
    if (isFull || 2 * (this.#youngBytes + sizeBytes) > this.mostBytes)
      for (const holder of this.#holders) holder.age();
  }

  /** By how many bytes the generations of one have grown. */
  changed(holder: { readonly sizeBytes: number; age(): void }, young: number, old: number): void {
    this.#youngBytes += young;
    this.#oldBytes += old;
    if (holder.sizeBytes > 0) this.#holders.add(holder);
    else this.#holders.delete(holder);
  }
}

export const IN_ISOLATE = new KeptRoom(MOST_IN_ALL_BYTES);

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
  readonly #room: KeptRoom;

  /** @param room what it shares with others; default: that of all that is kept in the isolate. */
  constructor(mostBytes: number, room = IN_ISOLATE) {
    this.#mostBytes = Math.min(mostBytes, room.mostBytes);
    this.#room = room;
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
    this.#resize(0, -old.sizeBytes);
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

  /** Begins a generation: what was not asked for in the last one goes. */
  age(): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#resize(-this.#youngBytes, this.#youngBytes - this.#oldBytes);
  }

  #add(key: string | number, entry: Entry<T>): void {
    this.#room.make(entry.sizeBytes);
    if (2 * (this.#youngBytes + entry.sizeBytes) > this.#mostBytes) this.age();
    const grownBytes = entry.sizeBytes - (this.#young.get(key)?.sizeBytes ?? 0);
    this.#young.set(key, entry);
    this.#resize(grownBytes, 0);
  }

  #resize(young: number, old: number): void {
    this.#youngBytes += young;
    this.#oldBytes += old;
    this.#room.changed(this, young, old);
  }
}
