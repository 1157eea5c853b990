import type { Env } from '../env.ts';
import { adoptWeights, timely, type LoadedWeights } from './adopt-weights.ts';

/**
 * On hold no arm is served; but its LiveWeights sees the pointer only when asked, and must see it: a rollback by hand
 * drops the online deltas of the arms, too, before their experiments go on.
 * @returns the arms whose LiveWeights has not followed yet: to be asked again.
 */
export async function restArms(
  env: Env,
  cell: string,
  arms: readonly string[],
  champion: LoadedWeights,
): Promise<string[]> {
  const rested = await Promise.all(
    arms.map(async (arm) => {
      try {
        const { scorer, delta } = await timely(adoptWeights(env, cell, arm, champion));
        return delta === 0 && scorer.version === champion.scorer.version;
      } catch {
        return false;
      }
    }),
  );
  return arms.filter((_, i) => !rested[i]);
}
