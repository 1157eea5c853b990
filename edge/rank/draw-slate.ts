import { explores, type ExplorationSpec } from '../../shared/domain/exploration.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import type { ItemId } from '../../shared/domain/ids.ts';
import {
  firstSlotChances,
  interleave,
  NEITHER,
  type SharedRules,
  type Team,
} from '../../shared/explore/interleave.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { codesOf } from '../../shared/features/encode.ts';
import type { KeptPools } from '../../shared/score/kept-pools.ts';
import { howRuled, rankSlate, stateOf, teamOf, type Slate } from '../../shared/score/rank.ts';
import { poolOf, type Pool } from '../../shared/score/pool.ts';
import type { RankableTable } from '../../shared/score/rankable.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import type { SlateState } from '../../shared/score/slate-rules/slate-state.ts';
import type { ServingConfig } from './experiment-plan.ts';

/** A slate, with what is needed to say how it was drawn. */
export interface DrawnSlate {
  readonly slate: Slate;
  /** As the decision logs it. */
  readonly exploration: ExplorationSpec;
  /** Only of an interleaved slate. */
  readonly draft?: {
    /** For each slot the index of the arm that put its item there, `Uint8Array(slots)`. */
    readonly teams: Uint8Array;
    /** Whether on any slot the arms would have put different items from the same seed. */
    readonly differs: boolean;
  };
}

export interface DrawOptions {
  readonly seed: number;
  readonly nowMs: number;
  /** As that of `PoolOptions`: it changes no slate. */
  readonly pools?: KeptPools;
  /** Told once everything is scored, and nothing is drawn yet. */
  readonly onPool?: () => void;
}

/**
 * Draws a slate. A pure function of its arguments, so the slates of other arms can be drawn with the same seed.
 */
export function drawSlateWith(
  { weights: { scorer }, exploration, secondWeights }: ServingConfig,
  table: RankableTable,
  request: RankRequest,
  { seed, nowMs, pools, onPool }: DrawOptions,
): DrawnSlate {
  const { limit } = request;
  if (secondWeights === undefined) {
    const own = exploration ?? scorer.exploration;
    const slate = rankSlate(scorer, table, request, {
      limit,
      seed,
      nowMs,
      exploration: own,
      ...(pools && { pools }),
      ...(onPool && { onPool }),
    });
    return { slate, exploration: own };
  }
  const options = { seed, nowMs, ...(pools && { pools }) };
  const arms = [scorer, secondWeights.scorer].map((one) =>
    draftingOf(one, exploration, table, request, options),
  ) as [Drafting, Drafting];
  onPool?.();
  return draftSlate(arms, table, limit, seed);
}

/**
 * How likely each item is to stand on the first slot of what `drawSlateWith` draws by the same arguments, by id: what is missing is never
 * there. Together they are 1, and that of the item that is drawn is the one that its decision logs.
 */
export function firstSlotChancesOf(
  { weights: { scorer }, exploration, secondWeights }: ServingConfig,
  { table, ...others }: RankableTable,
  request: RankRequest,
  options: DrawOptions,
): ReadonlyMap<ItemId, number> {
  const scorers = secondWeights === undefined ? [scorer] : [scorer, secondWeights.scorer];
  const chances = new Map<ItemId, number>();
  for (const one of scorers) {
    const arm = draftingOf(one, exploration, { table, ...others }, request, options);
    const idOf = (row: number) => table.ids.at(row)!;
    const pin = arm.ruled?.pinned.get(0);
    if (pin !== undefined) return new Map([[idOf(arm.best[pin].row), 1]]);
    const team = teamOf(arm, request.limit, arm.exploration, stateOf(arm));
    firstSlotChances(team).forEach((chance, i) => {
      const id = idOf(team.items[i]);
      chances.set(id, (chances.get(id) ?? 0) + chance / scorers.length);
    });
  }
  return chances;
}

function draftingOf(
  scorer: Scorer,
  exploration: ExplorationSpec | undefined,
  table: RankableTable,
  request: RankRequest,
  options: DrawOptions,
): Drafting {
  const own = exploration ?? scorer.exploration;
  const pool = poolOf(scorer, table, request, {
    limit: request.limit,
    ...options,
    exploration: own,
  });
  return { ...pool, exploration: own };
}

/** What one arm drafts from. */
type Drafting = Pool & { readonly exploration: ExplorationSpec };

/** @param arms both, of one schema, with their pools of this table. */
function draftSlate(
  arms: readonly [Drafting, Drafting],
  { table }: RankableTable,
  limit: number,
  seed: number,
): DrawnSlate {
  const state = stateOf(arms[0]);
  const teams = arms.map((arm) => teamOf(arm, limit, arm.exploration, state)) as [
    Team<number>,
    Team<number>,
  ];
  const slots = interleave(teams, limit, seededRandom(seed), state && sharedRules(arms[0], state));
  const rows = slots.map(({ item }) => item);
  /** What is pinned stands in both pools, behind what is drawn. */
  const armOf = (team: number) => arms[team === 1 ? 1 : 0];
  const places = slots.map(({ item, team }) =>
    armOf(team).best.findIndex(({ row }) => row === item),
  );
  const of = (part: 'raises' | 'boosts') =>
    arms.some((arm) => arm[part] !== undefined) && {
      [part]: slots.map(({ team }, slot) => armOf(team)[part]?.[places[slot]] ?? 0),
    };
  const { ruled } = arms[0];
  return {
    slate: {
      ids: rows.map((row) => table.ids.at(row)!),
      rows,
      units: slots.map(({ team }, slot) => armOf(team).best[places[slot]].units),
      ...of('raises'),
      ...of('boosts'),
      ...(ruled &&
        howRuled(
          ruled,
          slots.map(({ team }) => team === NEITHER),
        )),
      propensities: slots.map(({ propensity }) => propensity),
      codes: codesOf(arms[0].encoded, rows),
    },
    exploration: (arms.find(({ exploration }) => explores(exploration)) ?? arms[0]).exploration,
    draft: {
      teams: Uint8Array.from(slots, ({ team }) => team),
      differs: slots.some(({ differs }) => differs),
    },
  };
}

/** Items are rows. */
const sharedRules = ({ best, ruled }: Pool, state: SlateState): SharedRules<number> => ({
  pinned(slot) {
    const index = ruled?.pinned.get(slot);
    return index === undefined ? undefined : best[index].row;
  },
  shown: (row) => state.shown(row),
});
