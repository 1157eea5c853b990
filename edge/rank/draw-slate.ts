import { explores, type ExplorationSpec } from '../../shared/domain/exploration.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import { interleave, type Team } from '../../shared/explore/interleave.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { codesOf } from '../../shared/features/encode.ts';
import type { KeptPools } from '../../shared/score/kept-pools.ts';
import {
  poolOf,
  rankSlate,
  teamOf,
  type Pool,
  type RankableTable,
  type Slate,
} from '../../shared/score/rank.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
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
}

/**
 * Draws a slate. A pure function of its arguments, so the slates of other arms can be drawn with the same seed.
 */
export function drawSlateWith(
  { weights: { scorer }, exploration, secondWeights }: ServingConfig,
  table: RankableTable,
  request: RankRequest,
  { seed, nowMs, pools }: DrawOptions,
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
    return { ...pool, ...teamOf(pool, limit, own), exploration: own };
  };
  return draftSlate([draftingOf(scorer), draftingOf(secondWeights.scorer)], table, limit, seed);
}

/** Items are rows. */
type Drafting = Pool & Team<number> & { readonly exploration: ExplorationSpec };

/** @param teams both arms, of one schema, with their pools of this table. */
function draftSlate(
  teams: readonly [Drafting, Drafting],
  { table }: RankableTable,
  limit: number,
  seed: number,
): DrawnSlate {
  const slots = interleave(teams, limit, seededRandom(seed));
  const rows = slots.map(({ item }) => item);
  const places = slots.map(({ item, team }) => teams[team].items.indexOf(item));
  const isRaised = teams.some(({ raises }) => raises !== undefined);
  return {
    slate: {
      ids: rows.map((row) => table.ids.at(row)!),
      rows,
      units: slots.map(({ team }, slot) => teams[team].best[places[slot]].units),
      ...(isRaised && {
        raises: slots.map(({ team }, slot) => teams[team].raises?.[places[slot]] ?? 0),
      }),
      propensities: slots.map(({ propensity }) => propensity),
      codes: codesOf(teams[0].encoded, rows),
    },
    exploration: (teams.find(({ exploration }) => explores(exploration)) ?? teams[0]).exploration,
    draft: {
      teams: Uint8Array.from(slots, ({ team }) => team),
      differs: slots.some(({ differs }) => differs),
    },
  };
}
