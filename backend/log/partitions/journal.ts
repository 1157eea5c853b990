import { messageOf } from '../../../shared/text/message-of.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * An erasure as the journal has it: beside the database, so that one that is restored from before it is cleaned again. It holds the
 * keyed ids, as tombstones do.
 */
export interface JournalEntry {
  readonly format: typeof FORMAT;
  /** Of its receipt. */
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
  /** `allow`: these users, erased before, are stored again from then on. */
  readonly kind: 'user' | 'session' | 'allow';
  readonly by: string;
  /** Number of the deletion, by which partitions know whether they are older. */
  readonly deletion: number;
  readonly users: readonly string[];
  readonly sessions: readonly string[];
}

/** Where copies of the journal lie; keys begin with the prefix. */
export interface JournalPlace {
  readonly objects: ObjectStore;
  readonly prefix: string;
}

export interface ErasureJournal {
  /** To every place; what is there already is replaced. @throws where one place fails. */
  write(entry: Omit<JournalEntry, 'format'>): Promise<void>;
  /** Those since a moment that are not known, from any place, the oldest first. */
  read(known: ReadonlySet<string>, since: number): Promise<JournalEntry[]>;
  /** Deletes those from before a moment. */
  prune(before: number): Promise<void>;
}

/** Beside the partitions. */
export const JOURNAL_PREFIX = 'erasures/';
const FORMAT = 1;
const KEY = /(\d{15})-([0-9a-f-]{36})\.json$/;

/** @param log is told of an entry that no place has whole. */
export function erasureJournal(
  places: readonly JournalPlace[],
  log: (message: string) => void,
): ErasureJournal {
  const keyOf = (prefix: string, { id, at }: Pick<JournalEntry, 'id' | 'at'>) =>
    `${prefix}${String(at).padStart(15, '0')}-${id}.json`;
  return {
    async write(entry) {
      const whole: JournalEntry = { format: FORMAT, ...entry };
      const bytes = new TextEncoder().encode(`${JSON.stringify(whole)}\n`);
      for (const { objects, prefix } of places) await objects.put(keyOf(prefix, entry), bytes);
    },

    async read(known, since) {
      const found = new Map<string, JournalEntry>();
      const damaged = new Map<string, string>();
      for (const { objects, prefix } of places)
        for (const key of await objects.list(prefix)) {
          const [, at, id] = KEY.exec(key) ?? [];
          if (id === undefined || Number(at) < since || known.has(id) || found.has(id)) continue;
          try {
            found.set(id, await readEntry(objects, key));
          } catch (error) {
            damaged.set(id, `${key}: ${messageOf(error)}`);
          }
        }
      for (const [id, problem] of damaged)
        if (!found.has(id))
          log(`an erasure is in its journal and cannot be read (${problem}): restore the file`);
      return [...found.values()].toSorted((a, b) => a.at - b.at || a.deletion - b.deletion);
    },

    async prune(before) {
      for (const { objects, prefix } of places)
        for (const key of await objects.list(prefix)) {
          const [, at] = KEY.exec(key) ?? [];
          if (at !== undefined && Number(at) < before) await objects.delete(key);
        }
    },
  };
}

async function readEntry(objects: ObjectStore, key: string): Promise<JournalEntry> {
  const bytes = await objects.get(key);
  if (bytes === undefined) throw new Error('it is gone');
  const entry = JSON.parse(new TextDecoder().decode(bytes)) as JournalEntry;
  if (entry.format !== FORMAT) throw new Error(`its format ${String(entry.format)} is unknown`);
  return entry;
}
