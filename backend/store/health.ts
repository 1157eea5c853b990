import { open, rm } from 'node:fs/promises';
import { messageOf } from '../../shared/text/message-of.ts';
import { inThread } from '../process/thread.ts';
import type { Database } from './connect.ts';
import { localPathOf } from './local-path.ts';
import type { Store } from './open.ts';
import type { PageCheckWorker } from './page-check-worker.ts';

/** Whether the database can be written and read, as found by doing so. */
export interface StoreHealth {
  /** Why it cannot be; none where it can. A write is tried every few seconds at most, however often this is asked. */
  problems(): Promise<string[]>;
  /** Reads every page, which takes long in a large database. What it finds is a problem until it finds nothing. */
  checkPages(): Promise<void>;
  /** Checks the pages soon, and waits for that when it is stopped. */
  start(): void;
  stop(): Promise<void>;
}

export interface StoreHealthDeps {
  readonly store: Pick<Store, 'probe'>;
  readonly database: Database;
  /** No probe is younger than that: what is answered to load balancers that ask often must cost the disk little. */
  readonly probeEveryMs: number;
  /** Pages are first read so long after the start: a backend that has just started needs its processors for answering. */
  readonly firstPageCheckMs: number;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

/** SQLite's log of writes has room for small ones long after the disk has none. */
const ROOM_BYTES = 1024 * 1024;

export function storeHealth(deps: StoreHealthDeps): StoreHealth {
  const { store, database, probeEveryMs, firstPageCheckMs, nowMs, log } = deps;
  const file = localPathOf(database.url);
  let probed: Promise<string[]> = Promise.resolve([]);
  let probedAtMs = Number.NEGATIVE_INFINITY;
  let damage: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let checking: Promise<void> = Promise.resolve();

  const check = async () => {
    // A server checks its own disk.
    if (file === undefined) return;
    const before = damage;
    try {
      const found = await inThread<PageCheckWorker>(
        new URL('./page-check-worker.ts', import.meta.url),
      )((thread) => thread.call((worker) => worker.check(database)));
      damage =
        found.length === 0
          ? undefined
          : `the database is damaged (${found.join('; ')}): stop, and restore it from a backup`;
    } catch (error) {
      damage = `the database cannot be read (${messageOf(error)}): stop, and restore it from a backup`;
    }
    if (damage !== before) log(damage ?? 'the database is whole again');
  };

  const checkPages = () => (checking = checking.then(check));

  return {
    async problems() {
      // A clock that is put back must not keep an old answer until it has caught up.
      if (Math.abs(nowMs() - probedAtMs) >= probeEveryMs) {
        probedAtMs = nowMs();
        probed = probe(store, file, nowMs());
      }
      return [...(await probed), ...(damage === undefined ? [] : [damage])];
    },
    checkPages,
    start() {
      timer = setTimeout(() => void checkPages(), firstPageCheckMs);
    },
    async stop() {
      clearTimeout(timer);
      await checking;
    },
  };
}

async function probe(
  store: Pick<Store, 'probe'>,
  file: string | undefined,
  nowMs: number,
): Promise<string[]> {
  const found = [
    await store.probe(nowMs).then(
      () => undefined,
      (error: unknown) => `the database cannot be written: ${messageOf(error)}`,
    ),
    file === undefined ? undefined : await problemOfRoom(`${file}.room`),
  ];
  return found.filter((problem) => problem !== undefined);
}

/** Writes a file beside the database, to the disk, and removes it: what counts as free, nothing else says for certain. */
async function problemOfRoom(path: string): Promise<string | undefined> {
  try {
    const handle = await open(path, 'w');
    try {
      await handle.write(new Uint8Array(ROOM_BYTES));
      await handle.sync();
    } finally {
      await handle.close();
    }
    return undefined;
  } catch (error) {
    return `the disk of the database has no room for ${ROOM_BYTES / 1024 / 1024} MiB more: ${messageOf(error)}`;
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}
