import type { IdentityKey } from '../../../shared/domain/identity.ts';
import type { GivenId } from '../../../shared/domain/ids.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import type { LoggedSlate } from '../../science/learn/logged-slate.ts';
import {
  buildPartition,
  deleteStrangers,
  slatesToParts,
  type BuildDeps,
} from './build-partition.ts';
import {
  deletedSince,
  isDeleted,
  readNewestDeletion,
  readPruned,
  type Deleted,
} from '../account/deletions.ts';
import type { PartitionsErased } from '../../store/tables.ts';
import { erasureJournal, JOURNAL_PREFIX } from './journal.ts';
import { daysWithRankings } from '../account/log-mark.ts';
import type { ObjectStore } from './object-store.ts';
import { distinctIn, readPart } from './part-file.ts';
import {
  deletePartition,
  folderOf,
  listPartitions,
  readManifest,
  readPartBytes,
  writeManifest,
  type Manifest,
} from './partition.ts';
import type { Span } from '../account/span.ts';
import { dayOf, startOfDay, wholeDays, type UtcDay } from '../../../shared/domain/utc-day.ts';

/**
 * Brings the partitions of every day that a span touches up to date with the log.
 * @returns their manifests, in order of day.
 */
export async function syncPartitions(
  deps: BuildDeps,
  schema: Schema,
  span: Span,
  onDay: (day: UtcDay) => void = () => {},
): Promise<Manifest[]> {
  const whole = wholeDays(span);
  const logged = await daysWithRankings(deps.db, schema.hash, whole);
  const stored = (await listPartitions(deps.objects, schema.hash))
    .map(({ day }) => startOfDay(day))
    .filter((start) => start >= whole.from && start <= whole.to);
  const manifests: Manifest[] = [];
  for (const start of [...new Set([...logged, ...stored])].toSorted((a, b) => a - b)) {
    const day = dayOf(start);
    onDay(day);
    const manifest = await buildPartition(deps, schema, day);
    const clean = manifest && (await forgetIn(deps, manifest)).manifest;
    if (clean !== undefined) manifests.push(clean);
  }
  return manifests;
}

/** Takes users and sessions that were deleted since a partition was built out of every partition. @returns how many there were. */
export async function forgetDeleted(deps: BuildDeps): Promise<PartitionsErased> {
  let [searched, rewritten] = [0, 0];
  for (const { schemaHash, day } of await listPartitions(deps.objects)) {
    const manifest = await readManifest(deps.objects, schemaHash, day);
    if (manifest === undefined) continue;
    searched++;
    if ((await forgetIn(deps, manifest)).isRewritten) rewritten++;
  }
  return { searched, rewritten };
}

/** Of one partition the slates of some users, and of some sessions those that name nobody. */
export async function slatesOf(
  objects: ObjectStore,
  { schemaHash, day }: Pick<Manifest, 'schemaHash' | 'day'>,
  whose: Deleted,
): Promise<LoggedSlate[]> {
  const manifest = await readManifest(objects, schemaHash, day);
  if (manifest === undefined || !(await mentions(objects, manifest, whose))) return [];
  const found: LoggedSlate[] = [];
  for (const part of manifest.parts)
    for await (const slate of readPart(await readPartBytes(objects, part)))
      if (isDeleted(whose, slate)) found.push(slate);
  return found;
}

/** A partition without what was deleted since it was built; no manifest where nothing else was in it. */
async function forgetIn(
  deps: BuildDeps,
  manifest: Manifest,
): Promise<{ manifest?: Manifest; isRewritten: boolean }> {
  const { db, objects, nowMs } = deps;
  const deletions = await readNewestDeletion(db);
  if (deletions <= manifest.deletions) return { manifest, isRewritten: false };
  const gone = await goneSince(deps, manifest.deletions);
  // Parts of earlier builds go at once: what a deleted user left is not kept for those who still read it.
  const next = { ...manifest, deletions, replaced: [] };
  const isRewritten = await mentions(objects, manifest, gone);
  if (isRewritten) {
    const rewritten = await rewrite(objects, manifest, (slate) =>
      isDeleted(gone, slate) ? undefined : slate,
    );
    if (rewritten.rankings === 0) {
      await deletePartition(objects, manifest.schemaHash, manifest.day);
      return { isRewritten };
    }
    Object.assign(next, { builtAt: nowMs(), ...rewritten });
  }
  const clean = await writeManifest(objects, next);
  await deleteStrangers(objects, clean);
  return { manifest: clean, isRewritten };
}

/** A partition that was restored may be from before tombstones that are gone: the journal beside it has them all. */
async function goneSince({ db, objects }: BuildDeps, deletions: number): Promise<Deleted> {
  const { users, sessions } = await deletedSince(db, deletions);
  if (deletions >= (await readPruned(db))) return { users, sessions };
  // What cannot be read must not count as searched for.
  const journal = erasureJournal([{ objects, prefix: JOURNAL_PREFIX }], (problem) => {
    throw new Error(problem);
  });
  const entries = (await journal.read(new Set(), 0)).filter(
    ({ deletion, kind }) => deletion > deletions && kind !== 'allow',
  );
  return {
    // A user who was allowed again and came back has partitions of now: this one is older.
    users: users.union(new Set(entries.flatMap((entry) => entry.users))),
    sessions: sessions.union(new Set(entries.flatMap((entry) => entry.sessions))),
  };
}

/** Writes the slates of a partition anew, each as `change` gives it; those without are left out. */
async function rewrite(
  objects: ObjectStore,
  { schemaHash, day, facts, parts: before }: Manifest,
  change: (slate: LoggedSlate) => LoggedSlate | undefined,
): Promise<Pick<Manifest, 'rankings' | 'rows' | 'parts'>> {
  const written = slatesToParts(objects, folderOf(schemaHash, day), facts.missing.length);
  let rankings = 0;
  for (const part of before) {
    for await (const slate of readPart(await readPartBytes(objects, part))) {
      const changed = change(slate);
      if (changed === undefined) continue;
      rankings++;
      await written.add(changed);
    }
  }
  const parts = await written.finish();
  return { rankings, rows: parts.reduce((sum, part) => sum + part.rows, 0), parts };
}

/** Keys the ids in partitions from before there were keyed ids. @returns how many were rewritten. */
export async function rekeyPartitions(
  { objects, nowMs }: Pick<BuildDeps, 'objects' | 'nowMs'>,
  key: IdentityKey,
): Promise<number> {
  let rewritten = 0;
  for (const { schemaHash, day } of await listPartitions(objects)) {
    const manifest = await readManifest(objects, schemaHash, day);
    if (manifest === undefined || manifest.ids === 'keyed') continue;
    const keyed = await rewrite(objects, manifest, (slate) => ({
      ...slate,
      sessionId: key.sessionId(slate.sessionId as GivenId),
      userId: slate.userId === null ? null : key.userId(slate.userId as GivenId),
    }));
    // Parts with ids as they were go at once.
    const next = { ...manifest, ...keyed, builtAt: nowMs(), ids: 'keyed' as const, replaced: [] };
    await deleteStrangers(objects, await writeManifest(objects, next));
    rewritten++;
  }
  return rewritten;
}

async function mentions(
  objects: ObjectStore,
  { parts }: Manifest,
  { users, sessions }: Deleted,
): Promise<boolean> {
  for (const part of parts) {
    const bytes = await readPartBytes(objects, part);
    if (!(await distinctIn(bytes, 'userId')).isDisjointFrom(users)) return true;
    if (!(await distinctIn(bytes, 'sessionId')).isDisjointFrom(sessions)) return true;
  }
  return false;
}

/** Deletes partitions of days before one. @returns how many. */
export async function prunePartitions(
  { objects }: Pick<BuildDeps, 'objects'>,
  before: UtcDay,
): Promise<number> {
  const old = (await listPartitions(objects)).filter(({ day }) => day < before);
  for (const { schemaHash, day } of old) await deletePartition(objects, schemaHash, day);
  return old.length;
}
