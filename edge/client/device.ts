const PREFIX = 'trimtab:';

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
  return {
    get: (name) => stored((storage) => storage.getItem(PREFIX + name)) ?? memory.get(name),
    set(name, value) {
      memory.set(name, value);
      stored((storage) => storage.setItem(PREFIX + name, value));
    },
    remove(name) {
      memory.delete(name);
      stored((storage) => storage.removeItem(PREFIX + name));
    },
    names(start) {
      const keys = stored((storage) => Object.keys(storage)) ?? [];
      return [...new Set([...keys, ...[...memory.keys()].map((name) => PREFIX + name)])]
        .filter((key) => key.startsWith(PREFIX + start))
        .map((key) => key.slice((PREFIX + start).length));
    },
  };
}
