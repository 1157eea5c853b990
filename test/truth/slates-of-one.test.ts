import { expect, test } from 'vitest';
import { cpuDevice } from '../../backend/device/cpu/cpu-device.ts';
import type { GateReport } from '../../backend/science/evaluation/gate-report.ts';
import type { LoggedSlate } from '../../backend/science/learn/logged-slate.ts';
import { packTrainingSet, type TrainingSet } from '../../backend/science/learn/training-set.ts';
import { calibrateOnline } from '../../backend/science/learn/online/calibration.ts';
import { deltasOf } from '../../backend/science/learn/online/deltas-of.ts';
import {
  learnFrom,
  nothingLearned,
  onlineProblem,
} from '../../backend/science/learn/online/online-learner.ts';
import { learn } from '../../backend/science/training/train-version.ts';
import { RULES_VERSION, versionOf } from '../../shared/domain/ids.ts';
import { addDeltas } from '../../shared/score/add-deltas.ts';
import { tripWishes } from '../world/trip-wishes.ts';
import { additiveFromPoints, type AdditiveScorer } from '../../shared/score/scorer.ts';
import { sizedForHours } from '../support/size.ts';
import { hiddenTaste, type HiddenTaste } from '../world/hidden-taste.ts';
import {
  candidateCodes,
  requestsOfOne,
  SENT,
  serveOne,
  valueOfOne,
  type Candidates,
} from '../world/one-of-many.ts';

const TRAININGS = 5;
const RANKINGS = 10_000;
const FRESH = 1000;
const LEAST_CLICK_RATE = 0.05;
const LEAST_SHARE = 0.87;
const { seeds, onlineEvery } = sizedForHours(
  { seeds: 2, onlineEvery: 1000 },
  { seeds: 20, onlineEvery: 250 },
);
const SPREAD = 0.5;

/** In direct mode the lower bound of the held-out gain decides. */
const passes = ({ checks }: GateReport) =>
  checks.some(({ check, outcome }) => check === 'held-out gain' && outcome === 'passed');

const setOf = (log: readonly LoggedSlate[]): TrainingSet =>
  packTrainingSet(
    tripWishes,
    log.map(({ at, sessionId, codes, propensities, tallies }) => ({
      at,
      sessionId,
      codes,
      propensities,
      reward: Float64Array.from(tallies, (tally) => tally?.click ?? 0),
    })),
  );

/** Nothing earns more than the best of all candidates, shown always. */
const bestOf = (taste: HiddenTaste, requests: readonly Candidates[]): number =>
  requests.reduce((sum, codes) => {
    const rates = Array.from(
      { length: SENT },
      (_, i) => taste.expected(candidateCodes(codes, i), 1)[0],
    );
    return sum + Math.max(...rates) / requests.length;
  }, 0);

interface Lived {
  /** Of the oracle's clicks: what the champion earns at the end, exploring as it does, and what the rules earned. */
  readonly end: number;
  readonly rules: number;
  readonly clickRate: number;
  readonly promotions: number;
  readonly updates: number;
}

interface Life {
  readonly seed: number;
  readonly rankings: number;
  readonly trainings: number;
  /** The taste of each ranking. */
  readonly tasteAt: (ranking: number) => HiddenTaste;
  readonly learnsOnline: boolean;
}

/** Both tests are asked the same. */
const asked = new Map<string, readonly Candidates[]>();
function requestsOf(count: number, seed: number): readonly Candidates[] {
  const name = `${count} ${seed}`;
  const requests = asked.get(name) ?? requestsOfOne(count, seed);
  asked.set(name, requests);
  return requests;
}

async function live({ seed, rankings, trainings, tasteAt, learnsOnline }: Life): Promise<Lived> {
  const requests = requestsOf(rankings + FRESH, seed);
  const fresh = requests.slice(rankings);
  let champion = additiveFromPoints(tripWishes, tripWishes.rules, {
    version: RULES_VERSION,
    name: 'rules',
  });
  const last = tasteAt(rankings - 1);
  const best = bestOf(last, fresh);
  const rules = valueOfOne(champion, last, fresh) / best;
  const log: LoggedSlate[] = [];
  let [served, promotions, updates] = [champion, 0, 0];
  for (let round = 1; round <= trainings; round++) {
    const from = log.length;
    const problem =
      learnsOnline && from > 0
        ? onlineProblem(champion, calibrateOnline(setOf(log.slice(-5000)), champion), SPREAD)
        : undefined;
    const posterior = problem && nothingLearned(problem);
    while (log.length < (round * rankings) / trainings) {
      const i = log.length;
      if (problem && posterior && i > from && i % onlineEvery === 0) {
        for (const { codes, propensities, tallies } of log.slice(Math.max(from, i - onlineEvery))) {
          const reward = Float64Array.from(tallies, (own) => Number(own !== undefined));
          const after = { reward, passed: 1 };
          learnFrom(problem, posterior, { codes, propensity: propensities[0], after });
        }
        served = addDeltas(champion, deltasOf(problem, posterior));
        updates++;
      }
      log.push(serveOne(served, tasteAt(i), requests[i], i, seed * 1_000_000 + i));
    }
    const { scorer, gate } = await learn(setOf(log), {
      parent: champion,
      learner: 'additive',
      name: `training ${round}`,
      device: cpuDevice(),
    });
    if (!passes(gate)) continue;
    promotions++;
    champion = { ...scorer, version: versionOf(round) } as AdditiveScorer;
    served = champion;
  }
  const clicks = log.filter(({ tallies }) => tallies[0] !== undefined).length;
  return {
    end: valueOfOne(served, last, fresh) / best,
    rules,
    clickRate: clicks / log.length,
    promotions,
    updates,
  };
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

test.each([
  ['without online learning', false],
  ['with online learning in between', true],
] as const)(
  `where one of 30 candidates is shown, five trainings on 10,000 rankings reach ${LEAST_SHARE} of the oracle %s`,
  { timeout: 900_000 },
  async (_, learnsOnline) => {
    const lives: Lived[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      const taste = hiddenTaste(seed);
      lives.push(
        await live({
          seed,
          rankings: RANKINGS,
          trainings: TRAININGS,
          tasteAt: () => taste,
          learnsOnline,
        }),
      );
    }
    const told = lives.map(
      ({ end, rules, clickRate, promotions, updates }, i) =>
        `seed ${i + 1}: ${rules.toFixed(2)} of the oracle by the rules, ${end.toFixed(3)} learned, click rate ${clickRate.toFixed(3)}, ${promotions} promotions, ${updates} online updates`,
    );
    process.stdout.write(
      `${told.join('\n')}\nmean ${mean(lives.map(({ end }) => end)).toFixed(3)}\n`,
    );
    expect(mean(lives.map(({ clickRate }) => clickRate))).toBeGreaterThan(LEAST_CLICK_RATE);
    expect(mean(lives.map(({ end }) => end))).toBeGreaterThanOrEqual(LEAST_SHARE);
    expect(Math.min(...lives.map(({ promotions }) => promotions))).toBeGreaterThan(0);
  },
);
