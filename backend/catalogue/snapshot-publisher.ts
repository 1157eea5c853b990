import { eq, gt } from 'drizzle-orm';
import { parseSnapshotPointer, type SnapshotPointer } from '../../shared/domain/pointer.ts';
import type { Schema } from '../../shared/features/schema.ts';
import type { StoredSnapshot } from './snapshot-worker.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { counted } from '../../shared/text/text.ts';
import type { Job } from '../scheduler/scheduler.ts';
import type { Store } from '../store/open.ts';
import { pointers, snapshots } from '../store/tables.ts';
import type { Kv } from '../models/edge-kv.ts';
import { recordAudit } from '../store/audit.ts';
import { ACTIVE_KEY } from '../models/kv-keys.ts';
import type { Publisher } from '../models/publisher.ts';

export interface SnapshotPublisher {
  /** The catalogue or the live schema may have changed. Returns at once. */
  changed(): void;
  /** Publishes again, even what is unchanged, because KV has lost or damaged what was there. */
  forget(): void;
  /** Why the newest catalogue is not at the edge yet; undefined when it is. */
  problem(): string | undefined;
  /** Publishes again if the last attempt failed. */
  retry(): void;
  close(): Promise<void>;
}

export interface SnapshotDeps {
  readonly store: Store;
  readonly publisher: Publisher;
  readonly kv: Kv;
  /** Runs in a thread of its own. */
  readonly build: (schema: Schema) => Promise<StoredSnapshot>;
  readonly liveSchema: () => Promise<Schema>;
  /** Whether the edge that is deployed reads what is built here; undefined where it does not answer. */
  readonly edgeReads: () => Promise<boolean | undefined>;
  readonly quietMs: number;
  readonly withinMs: number;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

/**
 * Publishes the catalogue soon after it changed: changes that follow each other closely make one snapshot, unchanged
 * content none. A store that never had items leaves alone what KV has: it was lost, and what is live stays live.
 */
export function snapshotPublisher(deps: SnapshotDeps): SnapshotPublisher {
  const { store, publisher, nowMs } = deps;
  let timer: NodeJS.Timeout | undefined;
  let firstChangeMs: number | undefined;
  let running: Promise<void> = Promise.resolve();
  let problem: string | undefined = 'no snapshot was published yet';
  let published: SnapshotPointer | undefined;
  let recorded: Pick<SnapshotPointer, 'hash' | 'emptied'> | undefined;
  let isLost = false;
  let failed = false;
  let closed = false;

  /** Built anew where another backend published meanwhile, as it may have built from newer items. */
  const buildNewest = async () => {
    for (;;) {
      const live = await readRecorded(store);
      const built = await deps.build(await deps.liveSchema());
      if ((await readRecorded(store))?.hash === live?.hash) return { built, live };
    }
  };

  const publish = async () => {
    published ??= await readPublished(deps.kv);
    const { built, live: lastRecorded } = await buildNewest();
    // Another backend has published since this one did.
    if (recorded !== undefined && lastRecorded !== undefined && lastRecorded.hash !== recorded.hash)
      published = recorded = lastRecorded;
    const { hash, schemaHash, items } = built;
    const hadItems = items > 0 || (await everHadItems(store));
    if (!hadItems && published !== undefined && published.hash !== hash) {
      deps.log(
        `no items are stored: the edge goes on with snapshot ${published.hash}, import them`,
      );
      return;
    }
    const emptied = items === 0 && hadItems;
    if (!isLost && hash === recorded?.hash && emptied === (recorded.emptied ?? false)) return;
    const isNew = isLost || hash !== published?.hash || emptied !== (published.emptied ?? false);
    if (isNew || published === undefined) {
      // It would refuse it and go on with what it has, or with nothing where KV lost its catalogue: that is said here instead.
      if ((await deps.edgeReads()) === false)
        throw new Error(
          'the edge that is deployed reads no catalogue of this format: deploy the new one',
        );
      published = await publisher.publishSnapshot(
        hash,
        built.bytes,
        momentAfter(nowMs(), published, await readLiveSnapshot(store)),
        emptied,
      );
    }
    isLost = false;
    const { parts, sizeBytes, at } = published;
    const row = { hash, schemaHash, items, sizeBytes, parts, publishedAt: at };
    const live = { name: 'catalogue', value: { ...published, items, schemaHash }, since: at };
    const details = { items, sizeBytes, schemaHash };
    await store.write([
      store.db
        .insert(snapshots)
        .values(row)
        .onConflictDoUpdate({ target: snapshots.hash, set: row }),
      store.db
        .insert(pointers)
        .values(live)
        .onConflictDoUpdate({ target: pointers.name, set: live }),
      ...(isNew
        ? [
            recordAudit(store, {
              at,
              actor: 'backend',
              action: 'publish snapshot',
              subject: hash,
              details,
            }),
          ]
        : []),
    ]);
    recorded = published;
    if (isNew) deps.log(`snapshot ${hash} is live: ${items} items, ${sizeBytes} bytes`);
    if (built.dropped.length > 0)
      deps.log(
        `${counted(built.dropped.length, 'value')} of stored items count as missing until they are imported again: ${built.dropped.slice(0, 3).join('; ')}`,
      );
  };

  const attempt = async () => {
    try {
      await publish();
      problem = undefined;
      failed = false;
    } catch (error) {
      const message = messageOf(error);
      if (message !== problem && !closed) deps.log(`snapshot not published: ${message}`);
      problem = message;
      failed = true;
    }
  };
  const run = () => {
    timer = undefined;
    firstChangeMs = undefined;
    running = running.then(attempt);
  };
  const changed = () => {
    if (closed) return;
    firstChangeMs ??= nowMs();
    const latestMs = firstChangeMs + deps.withinMs - nowMs();
    clearTimeout(timer);
    timer = setTimeout(run, Math.max(0, Math.min(deps.quietMs, latestMs)));
  };
  return {
    changed,
    forget() {
      published = undefined;
      recorded = undefined;
      isLost = true;
      changed();
    },
    problem: () => problem,
    retry() {
      if (failed && timer === undefined) changed();
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/** Every backend tries again what it failed to publish. */
export const snapshotRetryJob = (deps: {
  readonly snapshots: Pick<SnapshotPublisher, 'retry'>;
  readonly everyMs: number;
}): Job => ({
  name: 'snapshot retry',
  schedule: deps.everyMs,
  leaderOnly: false,
  run: async () => deps.snapshots.retry(),
});

/**
 * When a snapshot is published, epoch ms: always after the one before, whatever the clock says. The edge tells by it which is
 * newer, and one published by a clock that was ahead would else keep out all that follow until the clock has caught up.
 */
const momentAfter = (
  nowMs: number,
  ...before: readonly ({ readonly at?: unknown } | undefined)[]
) =>
  before.reduce(
    (latest, pointer) =>
      typeof pointer?.at === 'number' ? Math.max(latest, pointer.at + 1) : latest,
    nowMs,
  );

/** Read from KV itself, as the store's record of it may be out of date. */
async function readPublished(kv: Kv): Promise<SnapshotPointer | undefined> {
  const bytes = await kv.get('CATALOGUE', ACTIVE_KEY);
  return bytes && parseSnapshotPointer(new TextDecoder().decode(bytes));
}

/** What any backend published last. */
async function readRecorded(store: Store): Promise<SnapshotPointer | undefined> {
  return parseSnapshotPointer(JSON.stringify((await readLiveSnapshot(store)) ?? null));
}

/** Whether a catalogue with items was ever published: then one without is what somebody wanted. */
export async function everHadItems({ db }: Pick<Store, 'db'>): Promise<boolean> {
  const rows = await db
    .select({ hash: snapshots.hash })
    .from(snapshots)
    .where(gt(snapshots.items, 0))
    .limit(1);
  return rows.length > 0;
}

/** The record of the live snapshot, to be shown to people. */
export async function readLiveSnapshot(store: Store): Promise<Record<string, unknown> | undefined> {
  const [row] = await store.db.select().from(pointers).where(eq(pointers.name, 'catalogue'));
  return row && { ...row.value, since: row.since };
}
