import type { Statistic } from './statistics.ts';
import { adjustedRatio } from './adjusted-ratio-statistic.ts';
import { adjusted } from './adjusted-statistic.ts';
import type { StatisticKind } from './statistic-kind.ts';
import { ratio } from './ratio-statistic.ts';
import { mean, proportion } from './sample-statistic.ts';

const KINDS: {
  readonly [K in Statistic['kind']]: StatisticKind<Extract<Statistic, { kind: K }>>;
} = { mean, proportion, ratio, adjusted, 'adjusted-ratio': adjustedRatio };

/**
 * The computations for a statistic's kind. TypeScript cannot see that the two types belong together, hence the cast.
 */
export const kindOf = <S extends Statistic>({ kind }: S): StatisticKind<S> =>
  KINDS[kind] as unknown as StatisticKind<S>;

export const unitsOf = (statistic: Statistic): number => kindOf(statistic).units(statistic);

/** @throws where the statistics are of different kinds. */
export function addStatistics<S extends Statistic>(a: S, b: S): S {
  if (a.kind !== b.kind)
    throw new Error(
      `a ${a.kind} and a ${b.kind} do not add up: count the metric one way in all arms`,
    );
  return Object.freeze(kindOf(a).add(a, b));
}
