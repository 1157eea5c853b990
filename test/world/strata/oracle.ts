import { tripWishes } from '../trip-wishes.ts';
import { codesOf } from '../../../shared/features/encode.ts';
import { poolOf } from '../../../shared/score/pool.ts';
import { addClickCounts, noCounts } from './click-model.ts';
import { SLOTS } from './pool.ts';
import type { SlateBank } from './slate-bank.ts';
import { RULES } from './world.ts';

/**
 * Share of the rankings that are clicked where each shows, of all that the catalogue may show, what its visitor likes best,
 * top slot first. Nothing earns more, whatever a scorer can express.
 */
export function oracleClickThrough({ world, visits }: SlateBank): number {
  const { table, nowMs } = world;
  const all = { temperature: 0, epsilon: 0, poolSize: table.table.ids.length };
  const features = tripWishes.features.length;
  const counts = noCounts(SLOTS);
  for (const visit of visits) {
    const options = { limit: all.poolSize, nowMs, seed: 0, exploration: all };
    const { encoded, best } = poolOf(RULES, table, visit, options);
    const codes = codesOf(
      encoded,
      best.map(({ row }) => row),
    );
    const { liked } = world.appeal({ codes, slots: best.length });
    const top = Array.from(best.keys())
      .toSorted((a, b) => liked[b] - liked[a])
      .slice(0, SLOTS);
    const own = new Uint8Array(top.length * features);
    top.forEach((at, slot) =>
      own.set(codes.subarray(at * features, (at + 1) * features), slot * features),
    );
    const appeal = world.appeal({ codes: own, slots: top.length });
    addClickCounts(counts, world.model, appeal, undefined, 1 / visits.length);
  }
  return 1 - counts.p[0];
}
