import { firstIndex } from '../../../../shared/features/columns/binary-search.ts';

/** From which age on, ms, which share of the rewards that a ranking will ever have counts as having come. */
export interface DelayStage {
  readonly ageMs: number;
  readonly share: number;
}

/** A ranking's first reward. */
export interface ObservedDelay {
  /** From the ranking to its reward, ms. */
  readonly delayMs: number;
  /** From the ranking to when the log was read, ms: a reward with a longer delay could not have been seen. */
  readonly ageMs: number;
}

/** Where the distribution is read: each is one more look at a ranking that nothing has come of. */
const QUANTILES = [0.25, 0.5, 0.75, 0.9, 0.97, 1];
/** Of a delay that fewer could have had, a log says nothing. */
const LEAST_AT_RISK = 20;
/** A ranking that is this old at once has all of its rewards: so it is where no delay is known. */
const AT_ONCE: readonly DelayStage[] = [{ ageMs: 0, share: 1 }];

/**
 * How long rewards take. Only rewards that have come are seen, of young rankings the quick ones alone, so that the plain
 * distribution of seen delays is too quick. The product-limit estimate for truncation from the right takes that back
 * (Lagakos, Barraj & De Gruttola, Biometrika 1988): of the rewards that could be seen at delay d and came by it, the share that
 * came at d is the distribution's hazard in reversed time, `F(d) = Π over delays u > d of (1 − n_u / #{delay ≤ u ≤ age})`.
 * It is the distribution among rewards that come by the longest delay that enough of them could have had: of one that only few rankings
 * are old enough for, each is a large part of those at risk, and a single late reward would make all others seem late as well.
 * @returns stages that begin where it reaches 0, 25, 50, 75, 90, 97 and 100 %, ages ascending.
 */
export function delayStages(observed: readonly ObservedDelay[]): readonly DelayStage[] {
  if (observed.length === 0) return AT_ONCE;
  const byDelay = observed.map(({ delayMs }) => Math.max(0, delayMs)).toSorted((a, b) => a - b);
  const byAge = observed
    .map(({ ageMs, delayMs }) => Math.max(ageMs, delayMs, 0))
    .toSorted((a, b) => a - b);
  const below = (sorted: readonly number[], value: number) =>
    firstIndex(0, sorted.length, (i) => sorted[i] >= value);
  const upTo = (value: number) => firstIndex(0, byDelay.length, (i) => byDelay[i] > value);
  const delays = [...new Set(byDelay)];
  // Those with a delay up to this one, less those too young for it to be seen.
  const atRisk = delays.map((delay) => upTo(delay) - below(byAge, delay));
  const most = atRisk.reduce((greatest, own) => Math.max(greatest, own));
  const longest = atRisk.findLastIndex((own) => own >= Math.min(LEAST_AT_RISK, most));
  /** By delay up to the longest: the share of rewards that come by it. */
  const shares = new Float64Array(longest + 1);
  let share = 1;
  for (let i = longest; i >= 0; i--) {
    shares[i] = share;
    share *= 1 - (upTo(delays[i]) - below(byDelay, delays[i])) / atRisk[i];
  }
  const steps: DelayStage[] = [];
  for (const quantile of QUANTILES) {
    const at = shares.findIndex((reached) => reached >= quantile);
    const step = { ageMs: Math.ceil(delays[at]), share: shares[at] };
    if (step.ageMs !== steps.at(-1)?.ageMs) steps.push(step);
  }
  // Rewards come between the looks as well: on average, half way to the next look as much has come as counts.
  return [{ ageMs: 0, share: 0 }, ...steps].map(({ ageMs, share: reached }, look) => ({
    ageMs,
    share: (reached + (steps[look]?.share ?? reached)) / 2,
  }));
}

/** The share of a ranking's rewards that had come by an age, by the last stage that it has passed. */
export function sharePassed(stages: readonly DelayStage[], ageMs: number): number {
  let share = 0;
  for (const stage of stages) if (stage.ageMs <= ageMs) share = stage.share;
  return share;
}
