import type { Visit } from '../../../shared/domain/rank-request.ts';
import type { ItemId } from '../../../shared/domain/ids.ts';
import { drawSlate } from '../../../shared/explore/slate.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { rankSlate, type Slate } from '../../../shared/score/rank.ts';
import type { RankableTable } from '../../../shared/score/rankable.ts';
import { toPoints, type Scorer } from '../../../shared/score/scorer.ts';
import { NOW_MS } from '../../bench/support/trips.ts';

/** Items of a slate. */
export const SLOTS = 10;

/** The best items of a scorer for one visit, best first, from which its slates are drawn. */
export type Pool = Slate & { readonly points: readonly number[] };

export interface Drawn {
  readonly slots: number;
  readonly ids: readonly ItemId[];
  readonly units: Int32Array;
  /** Absent where no score was raised. */
  readonly raises?: Int32Array;
  readonly seed?: number;
  readonly propensities: Float64Array;
  /** `slots × F`. */
  readonly codes: Uint8Array;
}

/** Ranking the catalogue costs more than drawing a slate, so that one pool is drawn from as often as somebody asks for the same. */
export function poolOf(scorer: Scorer, table: RankableTable, visit: Visit, nowMs = NOW_MS): Pool {
  const { poolSize } = scorer.exploration;
  const slate = rankSlate(scorer, table, visit, {
    limit: Math.max(SLOTS, poolSize),
    seed: 0,
    nowMs,
    exploration: { temperature: 0, epsilon: 0, poolSize },
  });
  return { ...slate, points: slate.units.map(toPoints) };
}

/** A slate as the scorer serves it where it raises nothing: what `rankSlate` then draws with this seed. */
export function drawnFrom(pool: Pool, { exploration }: Scorer, seed: number): Drawn {
  const drawn = drawSlate(pool.points, SLOTS, exploration, seededRandom(seed));
  return pickFrom(
    pool,
    drawn.map(({ index }) => index),
    drawn.map(({ propensity }) => propensity),
  );
}

/** A slate as the scorer serves it, whatever it explores. */
export function served(
  scorer: Scorer,
  table: RankableTable,
  visit: Visit,
  seed: number,
  limit = SLOTS,
): Drawn {
  const { exploration } = scorer;
  const slate = rankSlate(scorer, table, visit, { limit, seed, nowMs: NOW_MS, exploration });
  return {
    slots: slate.ids.length,
    seed,
    ids: slate.ids,
    units: Int32Array.from(slate.units),
    ...(slate.raises && { raises: Int32Array.from(slate.raises) }),
    propensities: Float64Array.from(slate.propensities),
    codes: slate.codes,
  };
}

/** Items of a pool as a slate. @param picked places in the pool, one per slot. */
export function pickFrom(
  { ids, units, codes }: Pool,
  picked: readonly number[],
  propensities: readonly number[],
): Drawn {
  const features = codes.length / ids.length;
  const own = new Uint8Array(picked.length * features);
  picked.forEach((index, slot) =>
    own.set(codes.subarray(index * features, (index + 1) * features), slot * features),
  );
  return {
    slots: picked.length,
    ids: picked.map((index) => ids[index]),
    units: Int32Array.from(picked, (index) => units[index]),
    propensities: Float64Array.from(propensities),
    codes: own,
  };
}
