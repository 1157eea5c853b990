import { asc, eq } from 'drizzle-orm';
import { ApiError } from '../../shared/domain/errors.ts';
import { isVersion } from '../../shared/domain/ids.ts';
import { learnedKeys } from '../../shared/score/learned-table.ts';
import type { Reason } from '../../shared/score/answered-item.ts';
import { explain } from '../../shared/score/explain.ts';
import { scorerToBytes } from '../../shared/format/scorer-bytes.ts';
import { toPoints, type Scorer } from '../../shared/score/scorer.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import type { Kv } from '../models/edge-kv.ts';
import type { Versions } from '../models/versions.ts';
import type { Thread } from '../process/thread.ts';
import { scorerOfDecision } from '../runs/online/served-deltas.ts';
import type { Store } from '../store/open.ts';
import { decisions, events, learnedParts, snapshots } from '../store/tables.ts';
import type { PreviewWorker } from './preview-worker.ts';
import { readParts, type Packed, type Published } from './published.ts';
import type { Rebuilt } from './rebuild.ts';

export interface PastRankingDeps {
  readonly store: Pick<Store, 'db'>;
  readonly versions: Pick<Versions, 'load'>;
  readonly kv: Pick<Kv, 'get'>;
  readonly thread: Pick<Thread<PreviewWorker>, 'call'>;
}

/** A ranking of the log, with what each point of it came from and what was done with it. */
export interface PastRanking {
  readonly rankingId: string;
  readonly at: number;
  readonly weights: string;
  /** Number of the deltas of what was learned since the version went live; 0: none. */
  readonly delta: number;
  readonly snapshot: string;
  readonly placement: string;
  readonly consent: string;
  readonly arm: string | null;
  readonly pointerRevision: number | null;
  readonly degraded: boolean;
  readonly siteOrder: boolean;
  /** Caps, quotas or pins decided with the scores what could stand in a slot. */
  readonly isRestricted: boolean;
  /** How many items the pages above hold; null: it is the first page. */
  readonly pageOffset: number | null;
  readonly firstPage: string | null;
  readonly seed: number;
  readonly exploration: Readonly<Record<string, number>>;
  readonly request: Readonly<Record<string, unknown>>;
  readonly items: readonly {
    readonly id: string;
    readonly position: number;
    readonly score: number;
    readonly raised: number;
    readonly propensity: number;
    /** Points that boosts added when it was drawn. */
    readonly boost: number;
    readonly pinned: boolean;
    /** Empty where the version is not known any more. */
    readonly reasons: readonly Reason[];
  }[];
  readonly events: readonly {
    readonly eventId: string;
    readonly type: string;
    readonly itemId: string | null;
    readonly position: number | null;
    readonly value: number | null;
    readonly at: number;
    /** Why it does not count; null: it does, or is not judged yet. */
    readonly fault: string | null;
  }[];
  /** Whether it was drawn again with the same result; where it could not be, why. */
  readonly rebuilt: Rebuilt | { readonly kind: 'impossible'; readonly why: string };
}

type Row = typeof decisions.$inferSelect;

/** @throws ApiError 404 where the log has no such ranking. */
export async function pastRanking(deps: PastRankingDeps, rankingId: string): Promise<PastRanking> {
  const { db } = deps.store;
  const [row] = await db.select().from(decisions).where(eq(decisions.rankingId, rankingId));
  if (row === undefined)
    throw new ApiError(
      404,
      'unknown_ranking',
      `the log has no ranking ${rankingId}: it was never logged, is still on its way, or is older than the log`,
    );
  const scorer = await scorerOf(deps, row);
  const slots = row.itemIds.length;
  const features = row.codes.length / Math.max(1, slots);
  const [units, raises, propensities] = [
    i32(row.units),
    row.raises && i32(row.raises),
    f64(row.propensities),
  ];
  const boosts = row.boosts && i32(row.boosts);
  const happened = await db
    .select()
    .from(events)
    .where(eq(events.rankingId, rankingId))
    .orderBy(asc(events.timestamp));
  return {
    rankingId,
    at: row.at,
    weights: row.weights,
    delta: row.delta,
    snapshot: row.snapshot,
    placement: row.placement,
    consent: row.consent,
    arm: row.arm,
    pointerRevision: row.pointerRevision,
    degraded: row.degraded,
    siteOrder: row.siteOrder,
    isRestricted: row.isRestricted,
    pageOffset: row.pageOffset,
    firstPage: row.firstPage,
    seed: row.seed,
    exploration: explorationOf(row),
    request: JSON.parse(row.request),
    items: row.itemIds.map((id, slot) => ({
      id,
      position: slot + 1,
      score: toPoints(units[slot]),
      raised: toPoints(raises?.[slot] ?? 0),
      propensity: propensities[slot],
      boost: toPoints(boosts?.[slot] ?? 0),
      pinned: row.pinned?.[slot] === 1,
      reasons:
        typeof scorer === 'string'
          ? []
          : explain(
              scorer,
              new Uint8Array(row.codes).subarray(slot * features, (slot + 1) * features),
            ),
    })),
    events: happened.map(({ eventId, type, itemId, position, value, timestamp, fault }) => ({
      eventId,
      type,
      itemId,
      position,
      value,
      at: timestamp,
      fault: fault === '' ? null : fault,
    })),
    rebuilt:
      typeof scorer === 'string'
        ? { kind: 'impossible', why: scorer }
        : await rebuiltOf(deps, row, scorer, { units, raises, propensities }),
  };
}

/** The scorer that drew it, with what was learned by then; else why it is not known. */
async function scorerOf({ store, versions }: PastRankingDeps, row: Row): Promise<Scorer | string> {
  if (!isVersion(row.weights)) return `${row.weights} is no version`;
  try {
    const base = await versions.load(row.weights);
    return base.kind === 'additive' ? await scorerOfDecision(store, base, row) : base;
  } catch (error) {
    return messageOf(error);
  }
}

interface Numbers {
  readonly units: Int32Array;
  readonly raises: Int32Array | null;
  readonly propensities: Float64Array;
}

async function rebuiltOf(
  deps: PastRankingDeps,
  row: Row,
  scorer: Scorer,
  { units, raises, propensities }: Numbers,
): Promise<PastRanking['rebuilt']> {
  const impossible = (why: string) => ({ kind: 'impossible' as const, why });
  if (row.siteOrder) return impossible('the site’s own order was kept: nothing was drawn');
  if (row.teams !== null)
    return impossible(
      'two versions drafted it in turn: it is drawn again by the tests of interleaving, and not here',
    );
  try {
    const published: Published = {
      scorer: scorerToBytes(scorer),
      ...(row.snapshot !== '' && { snapshot: await snapshotOf(deps, row.snapshot) }),
      ...(row.learned !== null &&
        learnedKeys(scorer.schema).length > 0 && { learned: await learnedOf(deps, row.learned) }),
    };
    const found = await deps.thread.call((worker) =>
      worker.rebuild(
        {
          at: row.at,
          seed: row.seed,
          limit: row.limit,
          exploration: explorationOf(row),
          request: row.request,
          itemIds: row.itemIds,
          units: [...units],
          raises: raises && [...raises],
          boosts: row.boosts && [...i32(row.boosts)],
          pinned: row.pinned && new Uint8Array(row.pinned),
          propensities: [...propensities],
          codes: new Uint8Array(row.codes),
        },
        published,
      ),
    );
    if (found.kind === 'differs' && row.consent === 'none')
      return impossible(
        'it was made without consent: what it depended on of the visitor was not logged',
      );
    return found;
  } catch (error) {
    return impossible(messageOf(error));
  }
}

/** As the log has it: what was not asked for is absent. */
const explorationOf = ({ temperature, epsilon, poolSize, optimism, maxLoss, fromSlot }: Row) => ({
  temperature,
  epsilon,
  poolSize,
  ...(optimism !== null && { optimism }),
  ...(maxLoss !== null && { maxLoss }),
  ...(fromSlot !== null && { fromSlot }),
});

/** @throws Error where KV has it no more: it keeps a catalogue for as long as `kv.keepHours` say after its successor. */
async function snapshotOf({ store, kv }: PastRankingDeps, hash: string): Promise<Packed> {
  const [row] = await store.db.select().from(snapshots).where(eq(snapshots.hash, hash));
  if (row === undefined) throw new Error(`catalogue ${hash.slice(0, 8)} is not known here`);
  const { base, parts, sizeBytes, patches } = row;
  try {
    return await readParts(kv, 's', {
      hash: base ?? hash,
      parts,
      sizeBytes,
      ...(patches && { patches }),
    });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'damaged')
      throw new Error(`catalogue ${hash.slice(0, 8)} is not kept any more`, { cause: error });
    throw error;
  }
}

async function learnedOf({ store }: PastRankingDeps, hash: string): Promise<Packed> {
  const [row] = await store.db.select().from(learnedParts).where(eq(learnedParts.hash, hash));
  if (row === undefined) throw new Error('what was learned of items then is not kept any more');
  return { hash, bytes: new Uint8Array(row.bytes) };
}

/** A buffer of its own: what libSQL gives need not start where numbers may. */
const i32 = (blob: Uint8Array) => new Int32Array(new Uint8Array(blob).buffer);
const f64 = (blob: Uint8Array) => new Float64Array(new Uint8Array(blob).buffer);
