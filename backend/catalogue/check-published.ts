import { createHash } from 'node:crypto';
import { eq, inArray } from 'drizzle-orm';
import {
  liveHash,
  parseSnapshotPointer,
  type SnapshotPointer,
} from '../../shared/domain/pointer.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { ACTIVE_KEY, partKey, patchKey } from '../models/kv-keys.ts';
import type { Publisher } from '../models/publisher.ts';
import type { Kv } from '../models/edge-kv.ts';
import { readLive } from '../models/live-pointer.ts';
import { sha256Of } from '../models/publish-blob.ts';
import { versionsInPointer } from '../models/versions-in-pointer.ts';
import type { Job } from '../scheduler/scheduler.ts';
import type { Store } from '../store/open.ts';
import { snapshots, weights } from '../store/tables.ts';
import { repairLearned } from './learned-parts.ts';
import { everHadItems, type SnapshotPublisher } from './snapshot-publisher.ts';

/** Compares what KV holds with what was published, and publishes again what is missing or damaged. */
export interface PublishedCheck {
  /** What two checks in a row found wrong in KV: the first may come in the middle of a publication. */
  problem(): string | undefined;
  /** Checks the catalogue's pointer, and what it names where it is new or was not read for a while. */
  check(): Promise<void>;
}

export interface PublishedCheckDeps {
  readonly store: Store;
  readonly kv: Kv;
  readonly publisher: Pick<Publisher, 'readVersion' | 'publishVersion' | 'publishLearned'>;
  readonly snapshots: Pick<SnapshotPublisher, 'forget'>;
  /** As the publisher asks: it may be another edge since. */
  readonly edgeReadsPatches: () => Promise<boolean | undefined>;
  readonly settleMs: number;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

/** How often all bytes are read, although nothing seems to have changed: a catalogue of 10 MB is three reads. */
const WHOLE_EVERY_MS = 5 * 60_000;
/** A repair is not asked for again before it may have been made, and KV may show it. */
const REPAIR_MS = 30_000;

export function publishedCheck(deps: PublishedCheckDeps): PublishedCheck {
  const { kv, snapshots: catalogue, settleMs, nowMs, log } = deps;
  let suspected: string | undefined;
  let problem: string | undefined;
  let wholeText: string | undefined;
  /** Base and patches that were read whole. */
  let wholeHashes: ReadonlySet<string> = new Set();
  let wholeAtMs = Number.NEGATIVE_INFINITY;
  let askedAtMs = Number.NEGATIVE_INFINITY;

  /** Also where the clock was put back since: it would take as long to catch up. */
  const isPast = (sinceMs: number, forMs: number) => Math.abs(nowMs() - sinceMs) >= forMs;

  const checkCatalogue = async (isDue: boolean) => {
    const stored = await kv.get('CATALOGUE', ACTIVE_KEY);
    const text = stored && new TextDecoder().decode(stored);
    const found =
      // One that is absent was perhaps never seen: it may have been lost before the first look at it. Whether the edge reads patches
      // changes with the edge, and not with the pointer.
      isDue ||
      suspected !== undefined ||
      text === undefined ||
      text !== wholeText ||
      wholeHashes.size > 1
        ? await problemOfCatalogue(deps, text, isDue ? new Set() : wholeHashes)
        : undefined;
    if (found === undefined) {
      if (problem !== undefined) log(`the catalogue in KV is whole again (was: ${problem})`);
      suspected = problem = undefined;
      wholeText = text;
      const pointer = parseSnapshotPointer(text ?? '');
      wholeHashes = new Set(pointer && [pointer.hash, ...patchesOf(pointer)]);
      return;
    }
    wholeHashes = new Set();
    // The first time it may be a pointer that a backend has just moved, and has not recorded yet.
    const isCertain = found === suspected;
    suspected = found;
    if (!isCertain) return;
    if (problem !== found) log(`${found}: it will be published again`);
    problem = found;
    if (!isPast(askedAtMs, REPAIR_MS + settleMs)) return;
    askedAtMs = nowMs();
    catalogue.forget();
  };

  return {
    problem: () => problem,
    async check() {
      const isDue = isPast(wholeAtMs, WHOLE_EVERY_MS);
      await checkCatalogue(isDue);
      if (!isDue) return;
      await repairVersions(deps);
      await repairLearned(deps);
      wholeAtMs = nowMs();
    },
  };
}

/**
 * @param text the catalogue's pointer. @param whole what need not be read again.
 * @returns why an isolate that starts now could not read the catalogue.
 */
async function problemOfCatalogue(
  { store, kv, edgeReadsPatches }: Pick<PublishedCheckDeps, 'store' | 'kv' | 'edgeReadsPatches'>,
  text: string | undefined,
  whole: ReadonlySet<string>,
): Promise<string | undefined> {
  // A store that never had items has nothing to compare with, and nothing to publish instead.
  if (!(await everHadItems(store))) return undefined;
  if (text === undefined) return 'the CATALOGUE key "active" is gone from KV';
  const pointer = parseSnapshotPointer(text);
  if (pointer === undefined) return 'the CATALOGUE key "active" in KV is not a pointer';
  const { hash, parts } = pointer;
  for (const named of new Set([hash, liveHash(pointer)])) {
    const known = await store.db
      .select({ hash: snapshots.hash })
      .from(snapshots)
      .where(eq(snapshots.hash, named));
    if (known.length === 0)
      return `the catalogue's pointer in KV names ${named}, which was never published`;
  }
  if (pointer.patches !== undefined && (await edgeReadsPatches()) === false)
    return 'the edge that is deployed reads no patches of the catalogue';
  for (const patch of patchesOf(pointer)) {
    if (whole.has(patch)) continue;
    const bytes = await kv.get('CATALOGUE', patchKey(patch));
    if (bytes === undefined) return `patch ${patch} of the live snapshot is gone from KV`;
    if (sha256Of(bytes).slice(0, patch.length) !== patch)
      return `patch ${patch} of the live snapshot is damaged in KV`;
  }
  if (whole.has(hash)) return undefined;
  const digest = createHash('sha256');
  for (let part = 0; part < parts; part++) {
    const bytes = await kv.get('CATALOGUE', partKey('s', hash, part));
    if (bytes === undefined) return `part ${part} of the live snapshot ${hash} is gone from KV`;
    digest.update(bytes);
  }
  return digest.digest('hex').slice(0, hash.length) === hash
    ? undefined
    : `the live snapshot ${hash} is damaged in KV`;
}

const patchesOf = ({ patches = [] }: SnapshotPointer): string[] => patches.map(({ hash }) => hash);

/** Publishes again the versions of the live pointer that KV has lost or damaged. */
async function repairVersions({
  store,
  publisher,
  log,
}: Pick<PublishedCheckDeps, 'store' | 'publisher' | 'log'>): Promise<void> {
  const live = await readLive(store);
  if (live === undefined) return;
  const rows = await store.db
    .select({ version: weights.version, sha256: weights.sha256 })
    .from(weights)
    .where(inArray(weights.version, versionsInPointer(live.pointer)));
  for (const version of versionsInPointer(live.pointer)) {
    const row = rows.find((one) => one.version === version);
    if (row === undefined) continue;
    const bytes = await publisher.readVersion(version);
    if (bytes !== undefined && sha256Of(bytes) === row.sha256) continue;
    log(
      `${version} is ${bytes === undefined ? 'gone from' : 'damaged in'} KV: it is published again`,
    );
    await publisher.publishVersion(version);
  }
}

/** Every backend checks, as each of them says whether it is ready. */
export const publishedCheckJob = (deps: {
  readonly check: PublishedCheck;
  readonly everyMs: number;
  readonly log: (message: string) => void;
}): Job => {
  let last: string | undefined;
  return {
    name: 'check of what is published',
    schedule: deps.everyMs,
    leaderOnly: false,
    // That the edge cannot be reached is the pointer watch's to report; here it is logged once.
    async run() {
      try {
        await deps.check.check();
        last = undefined;
      } catch (error) {
        const message = messageOf(error);
        if (message !== last) deps.log(`what is published cannot be checked: ${message}`);
        last = message;
      }
    },
  };
};
