import { explores, type ExplorationSpec } from '../../shared/domain/exploration.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import {
  interleave,
  NEITHER,
  type SharedRules,
  type Team,
} from '../../shared/explore/interleave.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { codesOf } from '../../shared/features/encode.ts';
import type { KeptPools } from '../../shared/score/kept-pools.ts';
import {
  howRuled,
  poolOf,
  rankSlate,
  stateOf,
  teamOf,
  type Pool,
  type RankableTable,
  type Slate,
} from '../../shared/score/rank.ts';
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
  const draftingOf = (one: Scorer): Drafting => {
    const own = exploration ?? one.exploration;
    const pool = poolOf(one, table, request, {
      limit,
      seed,
      nowMs,
      exploration: own,
      ...(pools && { pools }),
    });
    return { ...pool, exploration: own };
  };
  const arms = [draftingOf(scorer), draftingOf(secondWeights.scorer)] as const;
  onPool?.();
  return draftSlate(arms, table, limit, seed);
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
