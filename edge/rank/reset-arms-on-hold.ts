import type { Env } from '../platform/env.ts';
import { withSourceTimeout } from '../platform/timeout.ts';
import { adoptWeights, type LoadedWeights } from './adopt-weights.ts';

/**
 * While the pointer is on hold no arm is served, so nobody asks the arms' LiveWeights objects, and an object reads
 * the pointer only when it is asked. This asks them, so that a rollback by hand also drops the online deltas of the
 * arms before their experiments resume.
 * @returns the arms that have not dropped their deltas yet; they must be asked again.
 */
export async function resetArmsOnHold(
  env: Env,
  cell: string,
  arms: readonly string[],
  champion: LoadedWeights,
): Promise<string[]> {
  const isReset = await Promise.all(
    arms.map(async (arm) => {
      try {
        const { scorer, delta } = await withSourceTimeout(adoptWeights(env, cell, arm, champion));
        return delta === 0 && scorer.version === champion.scorer.version;
      } catch {
        return false;
      }
    }),
  );
  return arms.filter((_, i) => !isReset[i]);
}
