import type { ItemId } from '../domain/ids.ts';
import type { Visit } from '../domain/rank-request.ts';
import { drawSlate, type Draw } from '../explore/slate.ts';
import type { Team } from '../explore/interleave.ts';
import { NextItem } from '../explore/next-item.ts';
import { seededRandom } from '../explore/random.ts';
import {
  codesOf,
  encodeRequest,
  indexRows,
  type EncodedRequest,
  type IndexedTable,
} from '../features/encode.ts';
import type { ItemTable } from '../features/columns/item-table.ts';
import { EditedIds } from '../features/columns/edited-ids.ts';
import { PackedIds } from '../features/columns/packed-ids.ts';
import { RowIndex, type RowsById } from '../features/columns/row-index.ts';
import type { LearnedPart } from '../features/columns/learned-columns.ts';
import { drawsByChance, explores, type ExplorationSpec } from '../domain/exploration.ts';
import { bucketReader } from '../features/kinds/kind.ts';
import { compileScores } from './additive.ts';
import { bucketRows } from './bucket-rows.ts';
import { allowedRows } from './filter/allowed-rows.ts';
import { countRows } from './filter/row-bits.ts';
import { UNITS_PER_POINT } from './fixed-point.ts';
import type { KeptPools } from './kept-pools.ts';
import { limitLoss, slateOrder, type Raised } from './limit-loss.ts';
import { drawRaises, RAISED_SHARE, type FeatureRaise } from './raise.ts';
import { STRIDE } from './stride.ts';
import { rerank } from './rerank.ts';
import { blocksOf, type RowBlocks } from './row-blocks.ts';
import { toPoints, type AdditiveScorer, type Scorer } from './scorer.ts';
import { compileRules, type CompiledRules } from './slate-rules/compile-rules.ts';
import { poolUnderRules, type Search } from './slate-rules/pool-under-rules.ts';
import { SlateState } from './slate-rules/slate-state.ts';
import { stored } from './stored-table.ts';
import type { Scored } from './top-k.ts';
import { topRows } from './top-rows.ts';

/** An item table, with everything that is computed once per table rather than per request. */
export interface RankableTable {
  readonly table: ItemTable;
  /** Row by item id. */
  readonly rows: RowsById;
  /** Absent of few rows: all of them are scored. */
  readonly blocks?: RowBlocks;
  /** Of candidates the catalogue, which knows items that the visitor touched before and that do not compete now. */
  readonly catalogue?: IndexedTable;
  /** What was learned of the items, where columns of the table hold it (`withLearned`). */
  readonly learned?: LearnedPart;
}

/** Where so few rows are allowed, scoring all of them takes less time than knowing which blocks to score. */
const FEW_ALLOWED = 16_384;

/** @param known the blocks of the table, where they were made before. */
export function rankable(table: ItemTable, known?: RowBlocks): RankableTable {
  const { ids, ordered } = table;
  const blocks = known ?? blocksOf(table);
  // Candidates come from anybody, who could choose ids that all meet in one slot; a `Map` hashes by a seed that nobody knows.
  const rows =
    ids instanceof PackedIds || ids instanceof EditedIds
      ? ids
      : blocks === undefined || ordered
        ? indexRows(table)
        : new RowIndex(ids);
  if (blocks === undefined) return { table, rows };
  // They go with their request, for which memory of their own takes too long to get.
  return ordered ? { table, rows, blocks } : { ...stored(table, blocks), rows };
}

/** The ordered items of one ranking. All arrays are by slot, the top slot first. */
export interface Slate {
  readonly ids: readonly ItemId[];
  /** Rows of the item table. */
  readonly rows: readonly number[];
  /** Scores in fixed-point units. */
  readonly units: readonly number[];
  /** By how many units each score was raised when the slate was drawn; absent where none was. */
  readonly raises?: readonly number[];
  /** By how many units boosts moved each score when the slate was drawn; absent where there were none. */
  readonly boosts?: readonly number[];
  /** 1 where an item was pinned, `Uint8Array(slots)`; absent where none was. */
  readonly pinned?: Uint8Array;
  /** Caps, quotas or pins decided with the scores what could stand in a slot. */
  readonly isRestricted?: true;
  /** Probability of the item at its slot, given the pool, its raises, the rules and the slots above. */
  readonly propensities: readonly number[];
  /** `Uint8Array(slots × F)`. */
  readonly codes: Uint8Array;
}

/** The items that a slate is drawn from, in the order of what they are drawn by; whatever is not among them has a propensity of 0. */
export interface Pool {
  readonly encoded: EncodedRequest;
  readonly best: readonly Scored[];
  /** By how many units this ranking raised each item's score for being little known; absent where none was. */
  readonly raises?: readonly number[];
  /** By how many units boosts move each score; absent where there are none. */
  readonly boosts?: readonly number[];
  /** Only where a request has rules that are more than boosts. */
  readonly ruled?: Ruled;
}

/** How a pool under rules is drawn from. */
export interface Ruled {
  readonly rules: CompiledRules;
  /** So many of the pool are drawn; those behind are pinned. */
  readonly drawable: number;
  /** Index into the pool by slot. */
  readonly pinned: ReadonlyMap<number, number>;
}

export interface PoolOptions {
  readonly limit: number;
  readonly nowMs: number;
  readonly exploration: ExplorationSpec;
  /** 32 bits. The pool depends on it only where weights are raised by what is not known of them. */
  readonly seed: number;
  /** Pools of earlier requests; absent: each is made anew. */
  readonly pools?: KeptPools;
  /** Told by `rankSlate` once everything is scored, and nothing is drawn yet. */
  readonly onPool?: () => void;
}

/**
 * Encodes the request, scores all rows with the first pass, re-ranks the best of them if the scorer has a re-ranker, and keeps
 * the best `poolSize` of those that the request allows; without exploration the best `limit`, which then are the slate. A scorer with a posterior is scored
 * with raised weights (`drawRaises`), so that what is little known can enter.
 */
export function poolOf(
  scorer: Scorer,
  items: RankableTable,
  visit: Visit,
  options: PoolOptions,
): Pool {
  const { table, rows, blocks, catalogue } = items;
  const { limit, nowMs, exploration, seed, pools } = options;
  const allowed = allowedRows({ table, rows }, visit);
  const count = allowed?.count ?? table.ids.length;
  const encoded = encodeRequest(scorer.schema, table, rows, visit, nowMs, catalogue);
  const { optimism = 0 } = exploration;
  const poolSize = explores(exploration) ? Math.max(exploration.poolSize, limit) : limit;
  const { crosses, weights } = scorer;
  const compiled = (raised?: ReadonlyMap<number, Int32Array>) =>
    compileScores({ crosses, weights, ...(raised && { raised }) }, encoded, nowMs);
  type Scores = ReturnType<typeof compiled>;
  const all = { bits: allowed?.bits, count };
  const first = (scores: Scores, k: number, { bits, count: competing } = all) =>
    topRows(
      bits === undefined ? scores : { ...scores, allowed: bits },
      table.ids.length,
      bits !== undefined && competing <= FEW_ALLOWED ? undefined : blocks,
      Math.min(k, competing),
    );
  const best = (scores: Scores, k: number, among = all) =>
    scorer.kind === 'additive'
      ? first(scores, k, among)
      : rerank(scorer, encoded, first(scores, Math.max(scorer.rerank.depth, k), among)).slice(0, k);
  const unraised = (): Pool => {
    const rank = () => best(compiled(), poolSize);
    // Of filtered requests hardly any are alike.
    const kept = allowed === undefined && pools?.of(scorer, encoded, nowMs, poolSize, rank);
    return { encoded, best: kept || rank() };
  };
  const ruled = (rules: CompiledRules, raises?: readonly FeatureRaise[]): Pool => {
    let scores: Scores | undefined;
    const search: Search = (mask, k) => {
      const isPlain = mask === undefined && raises === undefined && k === poolSize;
      if (isPlain) return unraised().best.map(({ row, units }) => ({ row, units, raise: 0 }));
      scores ??= compiled(raises && raisedWeights(scorer as AdditiveScorer, raises));
      const among = mask === undefined ? all : { bits: mask, count: countRows(mask) };
      const found = best(scores, k, among);
      const own: Pick<Pool, 'best' | 'raises'> =
        raises === undefined ? { best: found } : apart(encoded, found, raises);
      return own.best.map(({ row, units }, i) => ({ row, units, raise: own.raises?.[i] ?? 0 }));
    };
    const pool = poolUnderRules(rules, search, {
      rows: table.ids.length,
      allowed: allowed?.bits,
      poolSize,
      limit,
    });
    return {
      encoded,
      best: pool.all.map(({ row, units }) => ({ row, units })),
      ...(raises && { raises: pool.all.map(({ raise }) => raise) }),
      ...(rules.boosts.length > 0 && { boosts: pool.all.map(({ boost }) => boost) }),
      ruled: { rules, drawable: pool.drawable, pinned: pool.pinned },
    };
  };
  const rules = compileRules(items, visit, limit);
  const withoutRaises = () => (rules === undefined ? unraised() : ruled(rules));
  if (scorer.kind !== 'additive') return withoutRaises();
  const { posterior } = scorer;
  if (posterior === undefined || optimism === 0) return withoutRaises();
  const alone = leftAlone(exploration, limit);
  // Limits on the loss are of the best rows of all, which a pool under rules need not be.
  if (rules !== undefined && (alone > 0 || scorer.exploration.raisedFeatures === undefined))
    return withoutRaises();
  const { maxLoss = Infinity } = exploration;
  const most = (maxLoss * UNITS_PER_POINT) / RAISED_SHARE;
  const raises = drawRaises(
    { ...scorer, posterior },
    {
      optimism,
      maxLoss: most,
      seed,
      slots: limit,
      rowsOf: (feature) => bucketRows(encoded.plans[feature], table),
    },
  );
  if (raises === undefined) return withoutRaises();
  if (rules !== undefined) return ruled(rules, raises);
  const found = best(compiled(raisedWeights(scorer, raises)), poolSize);
  const raised = apart(encoded, found, raises);
  const limited = limitLoss(raised, {
    slots: limit,
    alone,
    // Raises of few features keep the limit as they are.
    maxLoss: scorer.exploration.raisedFeatures === undefined ? most : Infinity,
    isCut: raised.best.length === poolSize && poolSize < count,
  });
  return limited === undefined ? unraised() : { encoded, ...limited };
}

/** By feature. */
const raisedWeights = (
  { weights }: AdditiveScorer,
  raises: readonly FeatureRaise[],
): ReadonlyMap<number, Int32Array> =>
  new Map(
    raises.map(({ feature, units }) => [
      feature,
      units.map((raise, bucket) => raise + weights[feature * STRIDE + bucket]),
    ]),
  );

/** Rows by their raised scores, with those scores taken apart: what the weights say, and what was raised. */
function apart(
  { plans, table }: EncodedRequest,
  best: readonly Scored[],
  raises: readonly FeatureRaise[],
): Raised {
  const readers = raises.map(({ feature, units }) => ({
    units,
    bucketAt: bucketReader(plans[feature], table),
  }));
  const raisesOf = best.map(({ row }) =>
    readers.reduce((sum, { units, bucketAt }) => sum + units[bucketAt(row)], 0),
  );
  return {
    best: best.map(({ row, units }, i) => ({ row, units: units - raisesOf[i] })),
    raises: raisesOf,
  };
}

/** How many slots from the top hold the best items and are not drawn. */
const leftAlone = ({ fromSlot = 1 }: ExplorationSpec, limit: number) =>
  Math.min(fromSlot - 1, limit);

/** The points that slates are drawn by, in the order of the pool. */
export const drawnBy = ({ best, raises, boosts }: Drawable): number[] =>
  best.map(({ units }, i) => toPoints(units + (raises?.[i] ?? 0) + (boosts?.[i] ?? 0)));

type Drawable = Pick<Pool, 'best' | 'raises' | 'boosts' | 'ruled'>;

/** What stands on a slate as it is drawn, if its pool is under rules. */
export const stateOf = ({ best, ruled }: Drawable): SlateState | undefined =>
  ruled &&
  new SlateState(
    ruled.rules,
    new Map([...ruled.pinned].map(([slot, index]) => [slot, best[index].row])),
  );

/** What a pool's version drafts from where two are interleaved; items are rows. */
export function teamOf(
  pool: Drawable,
  limit: number,
  exploration: ExplorationSpec,
  state?: SlateState,
): Team<number> {
  const items = pool.best.slice(0, pool.ruled?.drawable).map(({ row }) => row);
  const alone = leftAlone(exploration, limit);
  if (state !== undefined)
    return {
      items,
      points: drawnBy(pool).slice(0, items.length),
      exploration,
      first: items.slice(0, alone),
      restriction: state.restrictionOf(items),
    };
  const first = slateOrder(pool, alone).slice(0, alone);
  return { items, points: drawnBy(pool), exploration, first: first.map((at) => items[at]) };
}

/** A slot of a slate: an index into the pool, and its probability given the slots above. */
export function drawFrom(
  pool: Drawable,
  limit: number,
  exploration: ExplorationSpec,
  random: () => number,
): Draw[] {
  const points = drawnBy(pool);
  const alone = leftAlone(exploration, limit);
  const state = stateOf(pool);
  if (state !== undefined)
    return drawRuled(pool, points, state, { limit, alone, exploration, random });
  if (alone === 0) return drawSlate(points, limit, exploration, random);
  const order = slateOrder(pool, alone);
  const others = order.slice(alone);
  return [
    ...order.slice(0, alone).map((index) => ({ index, propensity: 1 })),
    ...drawSlate(
      others.map((index) => points[index]),
      limit - alone,
      exploration,
      random,
    ).map(({ index, propensity }) => ({ index: others[index], propensity })),
  ];
}

/** Slot by slot, from what may stand there; where pins are left once nothing else is, they stand behind each other. */
function drawRuled(
  { best, ruled }: Drawable,
  points: readonly number[],
  state: SlateState,
  {
    limit,
    alone,
    exploration,
    random,
  }: {
    readonly limit: number;
    readonly alone: number;
    readonly exploration: ExplorationSpec;
    readonly random: () => number;
  },
): Draw[] {
  const { drawable, pinned } = ruled!;
  const items = best.slice(0, drawable);
  const restriction = state.restrictionOf(items.map(({ row }) => row));
  const next = new NextItem(points.slice(0, drawable), exploration, restriction);
  const isByChance = drawsByChance(exploration);
  const slate: Draw[] = [];
  while (slate.length < limit) {
    const pin = pinned.get(slate.length);
    if (pin !== undefined) {
      slate.push({ index: pin, propensity: 1 });
      state.shown(undefined);
      next.shown();
      continue;
    }
    if (next.left.length === 0) break;
    const isSure = slate.length < alone || !isByChance;
    const at = isSure ? 0 : next.pick(random());
    const index = next.left[at];
    slate.push({ index, propensity: isSure ? 1 : next.probability(at) });
    state.shown(items[index].row);
    next.shown(index);
  }
  return [...slate, ...pinsBehind(pinned, slate.length)];
}

/** Those of slots that nothing is left for. */
const pinsBehind = (pinned: ReadonlyMap<number, number>, slots: number): Draw[] =>
  [...pinned]
    .filter(([slot]) => slot >= slots)
    .toSorted(([a], [b]) => a - b)
    .map(([, index]) => ({ index, propensity: 1 }));

/**
 * Ranks a table for one visit: draws the slate from the pool. A pure function of its arguments, so a logged decision replays
 * to the same slate.
 */
export function rankSlate(
  scorer: Scorer,
  items: RankableTable,
  visit: Visit,
  options: PoolOptions,
): Slate {
  const { table } = items;
  const pool = poolOf(scorer, items, visit, options);
  options.onPool?.();
  const { encoded, best, raises, boosts, ruled } = pool;
  const { limit, exploration, seed } = options;
  const drawn = drawFrom(pool, limit, exploration, seededRandom(seed));
  const shown = drawn.map(({ index }) => best[index]);
  const shownRows = shown.map(({ row }) => row);
  return {
    ids: shownRows.map((row) => table.ids.at(row)!),
    rows: shownRows,
    units: shown.map(({ units }) => units),
    ...(raises && { raises: drawn.map(({ index }) => raises[index]) }),
    ...(boosts && { boosts: drawn.map(({ index }) => boosts[index]) }),
    ...(ruled &&
      howRuled(
        ruled,
        drawn.map(({ index }) => index >= ruled.drawable),
      )),
    propensities: drawn.map(({ propensity }) => propensity),
    codes: codesOf(encoded, shownRows),
  };
}

/** What a slate says of the rules that it was drawn under. */
export function howRuled(
  { rules }: Ruled,
  isPinned: readonly boolean[],
): Pick<Slate, 'pinned' | 'isRestricted'> {
  const restricts = rules.caps.some(({ collapse }) => !collapse) || rules.quotas.length > 0;
  const hasPins = isPinned.includes(true);
  return {
    ...(hasPins && { pinned: Uint8Array.from(isPinned, Number) }),
    ...((restricts || hasPins) && { isRestricted: true }),
  };
}
