import type { ItemId } from '../domain/ids.ts';
import type { Visit } from '../domain/rank-request.ts';
import { drawSlate, type Draw } from '../explore/slate.ts';
import type { Team } from '../explore/interleave.ts';
import { NextItem } from '../explore/next-item.ts';
import { seededRandom } from '../explore/random.ts';
import { codesOf } from '../features/encode.ts';
import { drawsByChance, type ExplorationSpec } from '../domain/exploration.ts';
import { slateOrder } from './limit-loss.ts';
import { toPoints, type Scorer } from './scorer.ts';
import { SlateState } from './slate-rules/slate-state.ts';
import type { RankableTable } from './rankable.ts';
import { type Pool, type Ruled, type PoolOptions, poolOf, leftAlone } from './pool.ts';

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
  const items = pool.ruled?.rows ?? pool.best.map(({ row }) => row);
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
  { ruled }: Drawable,
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
  const { drawable, pinned, rows } = ruled!;
  const restriction = state.restrictionOf(rows);
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
    state.shown(rows[index]);
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
    propensities: drawn.map(({ propensity }) => propensity),
    codes: codesOf(encoded, shownRows),
    ...(raises && { raises: drawn.map(({ index }) => raises[index]) }),
    ...(boosts && { boosts: drawn.map(({ index }) => boosts[index]) }),
    ...(ruled &&
      howRuled(
        ruled,
        drawn.map(({ index }) => index >= ruled.drawable),
      )),
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
