import { randomUUID } from 'node:crypto';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Schema } from '../../../shared/features/schema.ts';
import { awaitedSince } from '../account/awaited-since.ts';
import { readLeftOutMark } from '../account/left-out.ts';
import { readDayMark } from '../account/day-marks.ts';
import { readAccount } from '../account/log-mark.ts';
import { readOrdersMark } from '../account/orders/order-marks.ts';
import type { ObjectStore } from './object-store.ts';
import { partWriter, type PartWriter } from './part-file.ts';
import {
  deletePartition,
  folderOf,
  readManifest,
  writeManifest,
  writePart,
  type Manifest,
  type Part,
} from './partition.ts';
import type { LoggedSlate } from '../../science/learn/logged-slate.ts';
import { readDay } from '../account/read-day.ts';
import { accountVersion, type Rules } from '../account/rules.ts';
import { DAY_MS, startOfDay, type UtcDay } from '../../../shared/domain/utc-day.ts';

export interface BuildDeps {
  readonly db: LibSQLDatabase;
  readonly objects: ObjectStore;
  readonly accountRules: Rules;
  readonly nowMs: () => number;
  /** How far behind the edge ingest may be. */
  readonly maxLagMs: number;
}

/** About 25 MB a part at 32 features: what a reader or writer holds at a time. */
const PART_ROWS = 500_000;
/** Far longer than a reader takes from a manifest to its parts. */
const KEEP_REPLACED_MS = 900_000;

/**
 * Brings one day's partition up to date with the account. An open one is built again when the account of its day changed
 * since, or had feedback whose ranking might still have come; a closed one is left as it is, but for one of another version of
 * the account, where somebody was left out of its day since, or is not any more, and where an order of its day was told or corrected since.
 * @returns undefined when there is nothing to train on, not even left-out rankings.
 */
export async function buildPartition(
  deps: BuildDeps,
  schema: Schema,
  day: UtcDay,
): Promise<Manifest | undefined> {
  const { db, objects, accountRules, nowMs, maxLagMs } = deps;
  const before = await readManifest(objects, schema.hash, day);
  // Before the first row is read: what comes while reading may be missed, and the next build sees that it came.
  const { version, closedBefore } = await readAccount(db);
  const { dayMark, deletions } = await readDayMark(db, startOfDay(day));
  const account = accountVersion(accountRules);
  if (version !== account)
    throw new Error(
      `the log is counted by another version of the account (${version}, and not ${account}): backends with other settings for training data share this database; give all the same`,
    );
  const isOfNow = before?.account === account;
  const leftOut = await readLeftOutMark(db, startOfDay(day));
  const orders = await readOrdersMark(db, startOfDay(day));
  const isSame = isOfNow && before?.leftOut === leftOut && before?.orders === orders;
  if (isSame && before?.state === 'closed') return before;
  const builtAt = nowMs();
  const closesAt = startOfDay(day) + (2 + accountRules.attributionDays) * DAY_MS;
  const state = startOfDay(day) < closedBefore ? 'closed' : 'open';
  // A day that closes is left as it was counted: its log may be gone.
  const isSettled = state === 'closed' || (before?.facts.awaiting ?? 0) === 0;
  if (isSame && before?.logMark === dayMark && isSettled)
    return before.state === state ? before : writeManifest(objects, { ...before, state });

  const parts = slatesToParts(objects, folderOf(schema.hash, day), schema.features.length);
  const awaited = await awaitedSince(db, builtAt, maxLagMs);
  const facts = await readDay(db, schema, day, accountRules, awaited, (slate) => parts.add(slate));
  if (facts.rankings === 0) {
    // A closed day whose log is gone is kept as it was counted, and is no part of what is counted now.
    if (before !== undefined && before.state !== 'closed')
      await deletePartition(objects, schema.hash, day);
    return undefined;
  }
  // Users were deleted since: earlier parts may name them, and go at once.
  const readable = before === undefined || before.deletions < deletions ? undefined : before;
  const kept = readable?.replaced.filter(({ since }) => since >= builtAt - KEEP_REPLACED_MS) ?? [];
  const last = readable?.parts.map(({ key }) => ({ key, since: builtAt })) ?? [];
  const manifest = await writeManifest(objects, {
    schemaHash: schema.hash,
    schemaName: schema.name,
    day,
    state,
    builtAt,
    closesAt,
    attributionDays: accountRules.attributionDays,
    filters: accountRules.filters,
    account,
    ids: 'keyed',
    logMark: dayMark,
    deletions,
    ...(leftOut !== undefined && { leftOut }),
    ...(orders !== undefined && { orders }),
    rankings: facts.kept,
    rows: facts.keptItems,
    parts: await parts.finish(),
    replaced: [...kept, ...last],
    facts,
  });
  await deleteStrangers(objects, manifest);
  return manifest;
}

/** Parts of builds that were cut short, and those that were replaced long ago. */
export async function deleteStrangers(objects: ObjectStore, manifest: Manifest): Promise<void> {
  const { schemaHash, day, parts, replaced } = manifest;
  const known = new Set([...parts, ...replaced].map(({ key }) => key));
  for (const key of await objects.list(folderOf(schemaHash, day)))
    if (key.endsWith('.parquet') && !known.has(key)) await objects.delete(key);
}

export interface Parts {
  /** A promise when a part is full: the caller waits, or parts would pile up in memory. */
  add(slate: LoggedSlate): Promise<void> | undefined;
  finish(): Promise<Part[]>;
}

/** Cuts a stream of slates into parts, under names that no part has had. @param features codes per item. */
export function slatesToParts(
  objects: ObjectStore,
  folder: string,
  features: number,
  partRows = PART_ROWS,
): Parts {
  const build = randomUUID().slice(0, 8);
  const written: Part[] = [];
  let writer: PartWriter | undefined;
  const close = async () => {
    if (writer === undefined) return;
    const { rows } = writer;
    const bytes = writer.finish();
    writer = undefined;
    const key = `${folder}part-${build}-${written.length}.parquet`;
    written.push(await writePart(objects, key, bytes, rows));
  };
  return {
    add(slate) {
      writer ??= partWriter(features);
      writer.add(slate);
      return writer.rows < partRows ? undefined : close();
    },
    async finish() {
      await close();
      return written;
    },
  };
}
