import { sql } from 'drizzle-orm';
import { HELD_OUT, LEARNED } from '../../../shared/domain/weight-delta.ts';
import { countedExposures } from '../../log/account/counted.ts';
import { combineStrata } from '../../science/statistics/strata.ts';
import type { Effect } from '../../science/statistics/effect.ts';
import { sequentialTest } from '../../science/statistics/sequential-test.ts';
import type { Store } from '../../store/open.ts';
import {
  collectHoldout,
  compareHoldout,
  holdoutEffect,
  type CollectHoldout,
  type HoldoutReading,
  type HoldoutRules,
} from './harm.ts';
import { FIRST_OF_HOLDOUTS, partsOfHoldoutId } from './holdout.ts';

/** One version's holdout over all the time that it stood. */
export interface HeldOutVersion {
  readonly arm: string;
  readonly version: string;
  /** Epoch ms: the first and the last exposure in the log. */
  readonly from: number;
  readonly to: number;
  readonly heldOut: number;
  readonly learned: number;
  /** Relative, with an always-valid interval. */
  readonly reading: HoldoutReading;
}

/** What was learned as people clicked, against those who were held out of it, of all versions together. */
export interface StandingHoldout {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  readonly alpha: number;
  /** Newest first. */
  readonly versions: readonly HeldOutVersion[];
  readonly sum: { readonly missing: string } | HoldoutSum;
}

export interface HoldoutSum {
  readonly from: number;
  readonly to: number;
  /** How many versions it is of; those with few sessions in an arm are left out. */
  readonly versions: number;
  readonly heldOut: number;
  readonly learned: number;
  /** Mean of those who were held out. */
  readonly base: number;
  /** Difference of the means, absolute, with an always-valid interval: it may be read at any time. */
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** A version with fewer sessions in an arm has no variance that could be told. */
const LEAST_IN_A_STRATUM = 30;

/**
 * Reads the log of all versions' holdouts. In the sum each version is a stratum: who is held out of one version is compared with the
 * others of the same time, and the differences are averaged by how much each tells (`combineStrata`). Pooling the sums instead would take a version that
 * came in a good season for one that learned well.
 */
export async function readStandingHoldout(
  store: Store,
  collect: CollectHoldout,
  rules: HoldoutRules,
  nowMs: number,
): Promise<StandingHoldout> {
  const { metric, alpha, minimumPerArm } = rules;
  const found = await store.db.all<{ experiment: string; first: number; last: number }>(sql`
    select experiment, min(at) as first, max(at) as last from ${countedExposures} x
    where experiment >= ${FIRST_OF_HOLDOUTS} and experiment < ${`${FIRST_OF_HOLDOUTS}~`}
    group by experiment order by last desc`);
  const versions: HeldOutVersion[] = [];
  const strata: (Effect & Pick<HeldOutVersion, 'from' | 'to'>)[] = [];
  for (const { experiment, first, last } of found) {
    const parts = partsOfHoldoutId(experiment);
    if (parts === undefined) continue;
    const { statistics } = await collectHoldout(collect, experiment, rules, {
      from: first,
      to: nowMs,
    });
    const unitsOf = (name: string) =>
      statistics.days.reduce((sum, { arm, units }) => sum + (arm === name ? units : 0), 0);
    versions.push({
      ...parts,
      from: first,
      to: last,
      heldOut: unitsOf(HELD_OUT),
      learned: unitsOf(LEARNED),
      reading: compareHoldout(statistics, rules),
    });
    const effect = holdoutEffect(statistics, {
      metric,
      minimumPerArm: LEAST_IN_A_STRATUM,
      difference: 'absolute',
    });
    if ('estimate' in effect) strata.push({ ...effect, from: first, to: last });
  }
  return { metric: metric.name, better: metric.better, alpha, versions, sum: sumOf() };

  function sumOf(): StandingHoldout['sum'] {
    const heldOut = strata.reduce((sum, { control }) => sum + control.n, 0);
    if (heldOut < minimumPerArm) {
      const whole = versions.reduce((sum, version) => sum + version.heldOut, 0);
      // Those of versions that are too small for a stratum are there, and do not count.
      return {
        missing:
          whole < minimumPerArm
            ? `not enough data: ${whole} of ${minimumPerArm} sessions that are held out`
            : `not enough data: ${heldOut} of ${minimumPerArm} sessions that are held out of versions which held out ${LEAST_IN_A_STRATUM} or more`,
      };
    }
    const all = combineStrata(strata);
    const { low, high } = sequentialTest(all, { alpha });
    return {
      from: Math.min(...strata.map(({ from }) => from)),
      to: Math.max(...strata.map(({ to }) => to)),
      versions: strata.length,
      heldOut,
      learned: all.treatment.n,
      base: all.base,
      estimate: all.estimate,
      low,
      high,
    };
  }
}
