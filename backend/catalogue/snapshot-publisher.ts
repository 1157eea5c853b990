import { eq, gt, lte } from 'drizzle-orm';
import {
  liveHash,
  parseSnapshotPointer,
  type SnapshotPointer,
} from '../../shared/domain/pointer.ts';
import type { Schema } from '../../shared/features/schema.ts';
import type { StoredSnapshot } from './packed-catalogue.ts';
import { PATCH_SHARE, patchPlan, type PatchPlan } from './patch-plan.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { counted } from '../../shared/text/text.ts';
import { inTurnWithOthers } from '../scheduler/in-turn-with-others.ts';
import type { Lease } from '../scheduler/lease.ts';
import type { Job } from '../scheduler/scheduler.ts';
import type { Statement, Store } from '../store/open.ts';
import { itemChanges, pointers, snapshots } from '../store/tables.ts';
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
  /** Held while it publishes: else the pointer of one backend could be written over that of another which has newer items. */
  readonly lease: Lease;
  /** Runs in a thread of its own. */
  readonly build: (schema: Schema, plan?: PatchPlan) => Promise<StoredSnapshot>;
  readonly liveSchema: () => Promise<Schema>;
  /** Whether the edge that is deployed reads a snapshot; undefined where it does not answer. */
  readonly edgeReads: (snapshot: Uint8Array) => Promise<boolean | undefined>;
  /** Whether it reads patches too; undefined where it does not answer. */
  readonly edgeReadsPatches: () => Promise<boolean | undefined>;
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
  let recorded: SnapshotPointer | undefined;
  let isLost = false;
  let failed = false;
  const closing = new AbortController();

  /** @returns undefined where the catalogue has to be published as a whole. */
  const planFor = async (schema: Schema, live: SnapshotPointer | undefined) => {
    if (isLost || live === undefined || JSON.stringify(live) !== JSON.stringify(published))
      return undefined;
    if ((await deps.edgeReadsPatches()) !== true) return undefined;
    return patchPlan(store, live, schema.hash);
  };

  /** Built anew where another backend published meanwhile without the lease, as older ones do: it may have built from newer items. */
  const buildNewest = async () => {
    for (;;) {
      const live = await readRecorded(store);
      // Another backend has published since this one did.
      if (recorded !== undefined && live !== undefined && liveHash(live) !== liveHash(recorded))
        published = recorded = live;
      const schema = await deps.liveSchema();
      const plan = await planFor(schema, live);
      const built = await deps.build(schema, plan);
      const after = await readRecorded(store);
      if (JSON.stringify(after) === JSON.stringify(live)) return { built, plan };
    }
  };

  const publishBuilt = async (
    built: StoredSnapshot,
    plan: PatchPlan | undefined,
    emptied: boolean,
  ): Promise<SnapshotPointer> => {
    const at = momentAfter(nowMs(), published, await readLiveSnapshot(store));
    const { hash, bytes, patch } = built;
    if (plan === undefined || patch === undefined || published === undefined || emptied)
      return publisher.publishSnapshot(hash, bytes, at, emptied);
    if (patch.bytes.length > bytes.length * PATCH_SHARE)
      return publisher.publishSnapshot(hash, bytes, at, emptied);
    const { patches = 0 } = plan.fold ?? {};
    return publisher.publishPatch(
      published,
      hash,
      {
        bytes: patch.bytes,
        ...(patch.fold && { fold: { bytes: patch.fold, patches } }),
        ...(patch.base && { base: patch.base }),
      },
      at,
    );
  };

  const publish = async () => {
    published ??= await readPublished(deps.kv);
    const { built, plan } = await buildNewest();
    const { hash, items } = built;
    const hadItems = items > 0 || (await everHadItems(store));
    const before = published && liveHash(published);
    if (!hadItems && before !== undefined && before !== hash) {
      deps.log(`no items are stored: the edge goes on with snapshot ${before}, import them`);
      return;
    }
    const emptied = items === 0 && hadItems;
    if (
      !isLost &&
      recorded !== undefined &&
      hash === liveHash(recorded) &&
      emptied === (recorded.emptied ?? false)
    )
      return;
    const isNew = isLost || hash !== before || emptied !== (published?.emptied ?? false);
    if (isNew || published === undefined) {
      // It would refuse it and go on with what it has, or with nothing where KV lost its catalogue: that is said here instead.
      if ((await deps.edgeReads(built.bytes)) === false)
        throw new Error(
          'the edge that is deployed reads no catalogue of this format: deploy the new one',
        );
      published = await publishBuilt(built, plan, emptied);
    }
    isLost = false;
    await store.write(recordPublished(store, published, built, isNew, plan));
    recorded = published;
    if (isNew) {
      const { patches = [], sizeBytes } = published;
      const bytes = patches.at(-1)?.sizeBytes ?? sizeBytes;
      deps.log(
        `snapshot ${hash} is live: ${items} items, ${bytes} bytes${patches.length > 0 ? ' in a patch' : ''}`,
      );
    }
    if (built.dropped.length > 0)
      deps.log(
        `${counted(built.dropped.length, 'value')} of stored items count as missing until they are imported again: ${built.dropped.slice(0, 3).join('; ')}`,
      );
  };

  const attempt = async () => {
    try {
      await inTurnWithOthers(deps.lease, publish, closing.signal);
      problem = undefined;
      failed = false;
    } catch (error) {
      const message = messageOf(error);
      if (message !== problem && !closing.signal.aborted)
        deps.log(`snapshot not published: ${message}`);
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
    if (closing.signal.aborted) return;
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
      closing.abort(new Error('the backend stops'));
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

/** What is known of a snapshot once it is live. */
function recordPublished(
  store: Store,
  pointer: SnapshotPointer,
  { hash, schemaHash, items, revision }: StoredSnapshot,
  isNew: boolean,
  plan: PatchPlan | undefined,
): Statement[] {
  const { db } = store;
  const { hash: base, parts, sizeBytes, at, patches } = pointer;
  const row = {
    hash,
    schemaHash,
    items,
    sizeBytes,
    parts,
    publishedAt: at,
    base: patches === undefined ? null : base,
    patches: patches ?? null,
    ...(revision !== undefined && { revision }),
  };
  const live = { name: 'catalogue', value: { ...pointer, items, schemaHash }, since: at };
  const bytes = patches?.at(-1)?.sizeBytes ?? sizeBytes;
  const isRebased = plan?.rebase === true && patches?.length === 1 && base === plan.hash;
  const baseRevision = patches === undefined ? revision : isRebased ? plan.revision : undefined;
  return [
    db.insert(snapshots).values(row).onConflictDoUpdate({ target: snapshots.hash, set: row }),
    ...(isRebased
      ? [
          db
            .update(snapshots)
            .set({ base: null, patches: null, parts, sizeBytes })
            .where(eq(snapshots.hash, base)),
        ]
      : []),
    db.insert(pointers).values(live).onConflictDoUpdate({ target: pointers.name, set: live }),
    // Whoever packs from here on begins at this base, or packs all items.
    ...(baseRevision === undefined
      ? []
      : [db.delete(itemChanges).where(lte(itemChanges.revision, baseRevision))]),
    ...(isNew
      ? [
          recordAudit(store, {
            at,
            actor: 'backend',
            action: 'publish snapshot',
            subject: hash,
            details: { items, sizeBytes: bytes, schemaHash, ...(patches && { base }) },
          }),
        ]
      : []),
  ];
}

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

/** The record of the live snapshot. */
export async function readLiveSnapshot(store: Store): Promise<Record<string, unknown> | undefined> {
  const [row] = await store.db.select().from(pointers).where(eq(pointers.name, 'catalogue'));
  return row && { ...row.value, since: row.since };
}

/** The same by the hash under which edges and decisions name it, also where it was published in patches. */
export async function shownSnapshot(store: Store): Promise<Record<string, unknown> | undefined> {
  const live = await readLiveSnapshot(store);
  const pointer = parseSnapshotPointer(JSON.stringify(live ?? null));
  return pointer === undefined ? live : { ...live, hash: liveHash(pointer) };
}
