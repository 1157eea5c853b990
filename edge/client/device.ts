export const PREFIX = 'trimtab:';

/** Names of single entries; those of events and rankings begin as their modules say. */
export const CONSENT = 'c';
/** What to add to the device's clock, ms. */
export const OFFSET = 'o';
/** Tokens of what is to be erased. */
export const ERASED = 'f';
export const SESSION = 's';
export const HISTORY = 'h';

/** What the client keeps on the visitor's device: texts by name. Nothing is written to it without consent. */
export interface Device {
  get(name: string): string | null | undefined;
  set(name: string, value: string): void;
  remove(name: string): void;
  /** Those that begin so, without the beginning. */
  names(start: string): string[];
}

/** The storage of the page's origin; memory where there is none, it is blocked, or it is full. */
export function openDevice(): Device {
  const memory = new Map<string, string>();
  const stored = <T>(use: (storage: Storage) => T): T | undefined => {
    try {
      return use(document.defaultView!.localStorage);
    } catch {
      return undefined;
    }
  };
  const keep = (key: string, value: string) =>
    stored((storage) => {
      storage.setItem(key, value);
      return true;
    }) ?? memory.set(key, value);
  return {
    get: (name) => stored((storage) => storage.getItem(PREFIX + name)) ?? memory.get(PREFIX + name),
    set: (name, value) => void keep(PREFIX + name, value),
    remove(name) {
      memory.delete(PREFIX + name);
      stored((storage) => storage.removeItem(PREFIX + name));
    },
    names: (start) =>
      [...(stored((storage) => Object.keys(storage)) ?? []), ...memory.keys()]
        .filter((key) => key.startsWith(PREFIX + start))
        .map((key) => key.slice((PREFIX + start).length)),
  };
}
