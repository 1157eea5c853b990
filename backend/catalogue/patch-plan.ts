import { and, asc, countDistinct, eq, gt, isNotNull } from 'drizzle-orm';
import { liveHash, MOST_PATCHES, type SnapshotPointer } from '../../shared/domain/pointer.ts';
import type { Store } from '../store/open.ts';
import { itemChanges, snapshots } from '../store/tables.ts';

/** A patch is published where it has at most this share of the bytes of the whole. */
export const PATCH_SHARE = 1 / 8;
/** A new base is published once so many states were, or this share of the items is different. */
const MOST_STATES = 1000;
const CHANGED_SHARE = 1 / 50;
/** Of few items any share is soon reached, and costs nothing. */
const LEAST_CHANGED = 1000;
/** Nor is the base kept for more changes than so many times this share: items that change again and again are noted each time. */
const MOST_NOTED = 10;
/** So many of the oldest patches become one when there are too many. */
const FOLDED = MOST_PATCHES / 2;

/** How what has changed since the live state may be published. */
export interface PatchPlan {
  /** Hash of the live state, and the last change that is in it. */
  readonly hash: string;
  readonly revision: number;
  readonly baseRevision: number;
  /** The live state becomes a base of its own. */
  readonly rebase: boolean;
  /** The first so many patches become one, of all changes after the base up to a revision, which follows any of some states. */
  readonly fold?: {
    readonly patches: number;
    readonly upTo: number;
    readonly from: readonly string[];
  };
}

/** @returns undefined where the live state is of another schema, or it is not known which changes it has. */
export async function patchPlan(
  { db }: Pick<Store, 'db'>,
  pointer: SnapshotPointer,
  schemaHash: string,
): Promise<PatchPlan | undefined> {
  const rowOf = async (hash: string) =>
    (await db.select().from(snapshots).where(eq(snapshots.hash, hash)))[0];
  const hash = liveHash(pointer);
  const [live, base] = [await rowOf(hash), await rowOf(pointer.hash)];
  if (live === undefined || live.schemaHash !== schemaHash || live.items === 0) return undefined;
  const { revision } = live;
  const baseRevision = base?.revision ?? null;
  if (revision === null || baseRevision === null) return undefined;
  const { patches = [] } = pointer;
  const states = await db
    .select({ hash: snapshots.hash, revision: snapshots.revision })
    .from(snapshots)
    .where(and(eq(snapshots.base, pointer.hash), isNotNull(snapshots.revision)))
    .orderBy(asc(snapshots.revision));
  const most = Math.max(LEAST_CHANGED, live.items * CHANGED_SHARE);
  const noted = revision - baseRevision;
  const rebase =
    states.length >= MOST_STATES ||
    (patches.length > 0 &&
      noted > most &&
      (noted > MOST_NOTED * most || (await countChanged(db, baseRevision)) > most));
  const plan = { hash, revision, baseRevision, rebase };
  if (rebase || patches.length < MOST_PATCHES) return plan;
  const upTo = states.find((state) => state.hash === patches[FOLDED - 1].to)?.revision;
  if (upTo === undefined || upTo === null) return { ...plan, rebase: true };
  // One before `baseRevision` was live before the catalogue became what its base is once more: what led back from there is not in the fold.
  const on = states
    .filter((state) => state.revision! > baseRevision && state.revision! < upTo)
    .map((state) => state.hash);
  return { ...plan, fold: { patches: FOLDED, upTo, from: [pointer.hash, ...on] } };
}

/** How many items were changed after a revision. */
async function countChanged(db: Store['db'], after: number): Promise<number> {
  const [{ changed }] = await db
    .select({ changed: countDistinct(itemChanges.id) })
    .from(itemChanges)
    .where(gt(itemChanges.revision, after));
  return changed;
}
