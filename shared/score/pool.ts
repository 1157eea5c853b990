import { newest } from '../memory/newest.ts';
import { inMarket } from './market-table.ts';
import type { Visit } from '../domain/rank-request.ts';
import { encodeRequest, type EncodedRequest } from '../features/encode.ts';
import { explores, type ExplorationSpec } from '../domain/exploration.ts';
import { bucketReader } from '../features/kinds/kind.ts';
import { compileScores, type AddedUnits } from './additive.ts';
import { closeCodes } from './close-codes.ts';
import { bucketRows } from './bucket-rows.ts';
import { allowedRows } from './filter/allowed-rows.ts';
import { countBlocks, countRows, type RowBits } from './filter/row-bits.ts';
import { UNITS_PER_POINT } from './fixed-point.ts';
import type { KeptPools } from './kept-pools.ts';
import { limitLoss, type Raised } from './limit-loss.ts';
import { drawRaises, RAISED_SHARE, type FeatureRaise } from './raise.ts';
import { numberOf } from './number-of.ts';
import { STRIDE } from './stride.ts';
import { rerank } from './rerank.ts';
import type { AdditiveScorer, Scorer } from './scorer.ts';
import { compileRules, type CompiledRules } from './slate-rules/compile-rules.ts';
import { boostedSearch, boostReader, canAdd } from './slate-rules/boosts.ts';
import { poolUnderRules, type Competitor, type Search } from './slate-rules/pool-under-rules.ts';
import type { Scored } from './top-k.ts';
import { scoredRows, topRows } from './top-rows.ts';
import type { RankableTable } from './rankable.ts';

/**
 * Scoring each allowed row takes less time than knowing which blocks to score where they are so few, or so few to a block (measured at 10,000 to
 * 500,000 rows, scattered and side by side).
 */
const FEW_ALLOWED = 768;
const FEW_OF_BLOCK = 8;

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
  /** Of the pool the rows that are drawn. */
  readonly rows: readonly number[];
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
  const { table, rows, blocks, catalogue } = inMarket(items, visit.market);
  const { limit, nowMs, exploration, seed, pools } = options;
  const { length } = table.ids;
  const allowed = allowedRows(items, visit);
  const count = allowed?.count ?? length;
  const encoded = encodeRequest(scorer.schema, table, rows, visit, nowMs, catalogue);
  const { optimism = 0 } = exploration;
  const poolSize = explores(exploration) ? Math.max(exploration.poolSize, limit) : limit;
  const { crosses, weights } = scorer;
  const compiled = (raised?: ReadonlyMap<number, Int32Array>, added?: readonly AddedUnits[]) =>
    compileScores(
      { crosses, weights, ...(raised && { raised }), ...(added && { added }) },
      encoded,
      nowMs,
    );
  type Scores = ReturnType<typeof compiled>;
  const all: Among = {
    bits: allowed?.base,
    count: allowed?.baseCount ?? length,
    without: allowed?.without ?? NONE,
  };
  newest.pool = [options, visit, encoded, all];
  const first = (
    scores: Scores,
    k: number,
    { bits, count: most, without }: Among,
    floor?: number,
  ) =>
    topRows(
      {
        ...scores,
        ...(bits !== undefined && { allowed: bits }),
        ...(without.length > 0 && { without }),
      },
      length,
      bits !== undefined && areFew(bits, most) ? undefined : blocks,
      Math.min(k, most),
      floor,
    );
  const best = (scores: Scores, k: number, among = all, floor?: number) =>
    scorer.kind === 'additive'
      ? first(scores, k, among, floor)
      : rerank(scorer, encoded, first(scores, Math.max(scorer.rerank.depth, k), among)).slice(0, k);
  let plain: Scores | undefined;
  const plainScores = () => (plain ??= compiled());
  // Of filters that are asked for once no pool is worth keeping.
  const kept =
    allowed === undefined || (allowed.isKept && allowed.without.length <= MOST_SIGNED)
      ? pools
      : undefined;
  const unraised = (): Pool => {
    if (kept === undefined) return { encoded, best: best(plainScores(), poolSize) };
    const { bits, without } = all;
    const ofBits = bits === undefined ? 0 : numberOf(bits);
    // What visitors leave out differs, and they share a pool that holds as many more. A re-ranker is given others in place of what is left out.
    if (scorer.kind !== 'additive' || without.length === 0 || without.length > SPARE) {
      const of = [poolSize, ofBits, ...without];
      const find = () => ({ best: best(plainScores(), poolSize) });
      return { encoded, ...kept.of(scorer, encoded, nowMs, { of, find }) };
    }
    const k = poolSize + SPARE;
    const find = (isKept: boolean) => ({
      best: isKept
        ? best(plainScores(), k, { ...all, without: NONE })
        : best(plainScores(), poolSize),
    });
    const found = kept.of(scorer, encoded, nowMs, { of: [k, ofBits, SHARED], find });
    return { encoded, best: less(found.best, without, poolSize) };
  };
  const ruled = (rules: CompiledRules, raises?: readonly FeatureRaise[]): Pool => {
    const raised =
      raises === undefined ? undefined : raisedWeights(scorer as AdditiveScorer, raises);
    const isAdded = scorer.kind === 'additive' && canAdd(rules.boosts, scorer, raises);
    let scores: Scores | undefined;
    const scored = () =>
      (scores ??=
        isAdded && rules.boosts.length > 0
          ? compiled(raised, rules.boosts)
          : raised === undefined
            ? plainScores()
            : compiled(raised));
    const boostOf = isAdded ? boostReader(rules.boosts) : () => 0;
    /** Rows by what they were found by, taken apart. */
    const competitors = (found: readonly Scored[], boost = boostOf): Competitor[] => {
      const own: Pick<Pool, 'best' | 'raises'> =
        raises === undefined ? { best: found } : apart(encoded, found, raises);
      return own.best.map(({ row, units }, i) => {
        const added = boost(row);
        return { row, units: units - added, raise: own.raises?.[i] ?? 0, boost: added };
      });
    };
    const search: Search = ({ mask, without = NONE, closed = [] }, k, floor) => {
      const open = closed.length === 0 ? scored() : closeCodes(scored(), table.columns, closed);
      const among =
        mask === undefined
          ? { ...all, without: joined(all.without, without) }
          : { bits: mask, count: countRows(mask), without };
      return competitors(best(open, k, among, floor));
    };
    const score = (given: readonly number[]) => {
      const open = given.filter((row) => allowed === undefined || allowed.has(row));
      const found = scoredRows(scored(), open);
      return competitors(scorer.kind === 'additive' ? found : rerank(scorer, encoded, found));
    };
    const find = (): Omit<Pool, 'encoded'> => {
      const pool = poolUnderRules(
        rules,
        isAdded ? search : boostedSearch(rules.boosts, search, length, allowed?.bits),
        {
          score,
          rows: length,
          allowed: () => allowed?.bits,
          poolSize,
          limit,
        },
      );
      return {
        best: pool.all.map(({ row, units }) => ({ row, units })),
        ...(raises && { raises: pool.all.map(({ raise }) => raise) }),
        ...(rules.boosts.length > 0 && { boosts: pool.all.map(({ boost }) => boost) }),
        ruled: {
          rules,
          rows: pool.all.slice(0, pool.drawable).map(({ row }) => row),
          drawable: pool.drawable,
          pinned: pool.pinned,
        },
      };
    };
    // Further pages differ from visitor to visitor.
    if (kept === undefined || raises !== undefined || rules.above.length > 0)
      return { encoded, ...find() };
    const { bits, without } = all;
    const of = [poolSize, bits === undefined ? 0 : numberOf(bits), numberOf(rules), ...without];
    return { encoded, ...kept.of(scorer, encoded, nowMs, { of, find }) };
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

const NONE: readonly number[] = [];
/** Pools hold so many more for what requests leave out, where it is no more than these. */
const SPARE = 16;
/** Tells those pools apart. */
const SHARED = -1;
/** Of requests that leave more out no pool is kept. */
const MOST_SIGNED = 64;

/** Rows that compete. */
interface Among {
  /** Undefined: all rows. */
  readonly bits: RowBits | undefined;
  /** How many these are. */
  readonly count: number;
  /** Those of them that do not, each once. */
  readonly without: readonly number[];
}

/** The first k that are not left out. */
const less = (found: readonly Scored[], without: readonly number[], k: number): readonly Scored[] =>
  found.filter(({ row }) => !without.includes(row)).slice(0, k);

const joined = (some: readonly number[], others: readonly number[]): readonly number[] =>
  some.length === 0 ? others : others.length === 0 ? some : [...new Set([...some, ...others])];

function areFew(bits: RowBits, count: number): boolean {
  if (count <= FEW_ALLOWED) return true;
  // Two words are a block.
  return count < FEW_OF_BLOCK * (bits.length / 2) && count < FEW_OF_BLOCK * countBlocks(bits);
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
export const leftAlone = ({ fromSlot = 1 }: ExplorationSpec, limit: number) =>
  Math.min(fromSlot - 1, limit);
