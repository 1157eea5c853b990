import { combineStrata } from '../../backend/science/statistics/strata.ts';
import {
  addInterleaving,
  interleavingStatistic,
  type InterleavingStatistic,
} from '../../backend/science/experiment/interleaving.ts';
import type { ExperimentStatistics } from '../../backend/science/experiment/experiment-statistics.ts';
import { proportionStatistic } from '../../backend/science/statistics/statistics.ts';
import type { CanaryStratum } from '../../backend/rollouts/canary-readings.ts';
import { decideRollout } from '../../backend/rollouts/decide-rollout.ts';
import type { RolloutDecision } from '../../backend/rollouts/rollout-decision.ts';
import type { RolloutState } from '../../backend/rollouts/rollout-evidence.ts';
import { rolloutReadings } from '../../backend/rollouts/gain-readings.ts';
import { planOf } from '../../backend/rollouts/read-plan.ts';
import { rulesOf, type RolloutSettings } from '../../backend/rollouts/settings.ts';
import { shownShare, SHARE, type Stage } from '../../backend/rollouts/steps.ts';
import { DEFAULT_METRICS } from '../../shared/domain/metric.ts';
import { versionOf } from '../../shared/domain/ids.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import type { RolloutWorld } from './rollout-world.ts';

export interface SimulatedRollout {
  readonly log: readonly RolloutDecision[];
  readonly end: Stage;
  /** Rankings of the site, one per session, until it ended. */
  readonly rankings: number;
  /** The largest share of the traffic that was shown the challenger. */
  readonly mostShown: number;
}

const [CHAMPION, CHALLENGER] = [versionOf(1), versionOf(2)];

/**
 * A rollout from shadow to its end, without a database: visitors by a world's truth, readings from addable statistics, and the
 * real decisions.
 * @param looksPerDay how often it is decided.
 */
export function simulateRollout(
  world: RolloutWorld,
  settings: RolloutSettings,
  {
    sessionsPerDay,
    looksPerDay,
    random,
  }: {
    readonly sessionsPerDay: number;
    readonly looksPerDay: number;
    readonly random: () => number;
  },
): SimulatedRollout {
  const rules = rulesOf(settings);
  const experiment = {
    metrics: [...DEFAULT_METRICS],
    guardrails: [...settings.guardrails],
    minimumPerArm: settings.minimumPerArm,
  };
  const plan = planOf(
    {
      sessions: 7 * sessionsPerDay,
      came: Math.round(7 * sessionsPerDay * world.champion),
      firstAt: 0,
      rankings: 1,
      severalItems: 1,
    },
    { alpha: settings.alpha / 2, minGain: settings.minGain, nowMs: 7 * DAY_MS, free: 1 },
  );
  let state: RolloutState = {
    challenger: CHALLENGER,
    champion: CHAMPION,
    stage: 'shadow',
    sinceMs: 0,
  };
  const log: RolloutDecision[] = [];
  const closed: CanaryStratum[] = [];
  let open = { challenger: [0, 0], champion: [0, 0] };
  let interleaved: InterleavingStatistic | undefined;
  let sessions = 0;
  let rankings = 0;
  let mostShown = 0;
  const lookMs = DAY_MS / looksPerDay;
  const arrivals = Math.round(sessionsPerDay / looksPerDay);
  for (let nowMs = lookMs; ; nowMs += lookMs) {
    rankings += arrivals;
    const { stage } = state;
    const share = SHARE[stage];
    mostShown = Math.max(mostShown, shownShare(stage, settings.interleaveShare));
    if (stage === 'shadow') sessions += Math.round(arrivals * settings.shadowShare);
    else if (stage === 'interleaved') {
      const n = Math.round(arrivals * settings.interleaveShare);
      sessions += n;
      const found = interleavingStatistic(
        Array.from({ length: n }, () => world.interleavedSession()),
      );
      interleaved = interleaved === undefined ? found : addInterleaving(interleaved, found);
    } else {
      const n = binomial(arrivals, share, random);
      sessions += n;
      open.challenger[0] += n;
      open.challenger[1] += binomial(n, world.challenger, random);
      open.champion[0] += arrivals - n;
      open.champion[1] += binomial(arrivals - n, world.champion, random);
    }
    const strata = share > 0 && share < 1 ? [...closed, stratum(stage, share, open)] : closed;
    const { guardrails, gain } = rolloutReadings(
      experiment,
      { strata, ...(interleaved && { interleaved }) },
      {
        alpha: settings.alpha,
        minGain: settings.minGain,
        decides: settings.decides,
        combine: combineStrata,
      },
    );
    const decision = decideRollout(
      state,
      {
        pointer: { champion: CHAMPION },
        gate: { verdict: 'promote', reason: 'drawn' },
        sessions,
        guardrails,
        ...(stage !== 'shadow' && { gain }),
        ...(plan && { plan }),
      },
      nowMs,
      rules,
    );
    log.push(decision);
    if (decision.next.stage !== stage) {
      if (share > 0 && share < 1) closed.push(stratum(stage, share, open));
      open = { challenger: [0, 0], champion: [0, 0] };
      sessions = 0;
    }
    state = decision.next;
    if (state.stage === 'champion' || state.stage === 'withdrawn')
      return { log, end: state.stage, rankings, mostShown };
  }
}

const stratum = (stage: Stage, share: number, counts: Record<string, number[]>): CanaryStratum => ({
  window: { stage, share, revisions: [], from: 0, to: 1 },
  statistics: {
    days: Object.entries(counts).map(([arm, [units, clicks]]) => ({
      arm,
      units,
      statistics: { click_through: proportionStatistic(clicks, units) },
    })),
  } as unknown as ExperimentStatistics,
});

/** Exact where the normal distribution would not do. */
function binomial(n: number, p: number, random: () => number): number {
  if (n * p * (1 - p) > 50) {
    const z = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.min(n, Math.max(0, Math.round(n * p + z * Math.sqrt(n * p * (1 - p)))));
  }
  let hits = 0;
  for (let i = 0; i < n; i++) if (random() < p) hits++;
  return hits;
}
