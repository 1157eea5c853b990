import { describe, expect, test } from 'vitest';
import {
  estimateTopSlot,
  type TopSlotEstimator,
} from '../../backend/science/evaluation/off-policy/top-slot.ts';
import { SUPPORT_LIMITS } from '../../backend/science/evaluation/off-policy/support.ts';
import type { LoggedRounds } from '../../backend/science/evaluation/off-policy/rounds.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { binomialBounds } from '../support/binomial-bounds.ts';
import { sizedForHours } from '../support/size.ts';

const RUNS = sizedForHours(100, 2000);
const LOGGING = [0.4, 0.3, 0.15, 0.1, 0.05];
const EVALUATED = [0.1, 0.2, 0.2, 0.2, 0.3];
const APPEAL = [0.5, 1, 1.5, 1, 2];
const expected = (policy: readonly number[]) =>
  policy.reduce((sum, share, action) => sum + share * APPEAL[action], 0);

/** @param rate reward rate of an action of appeal 1. @param visits rows per user. */
function logRare(rows: number, rate: number, visits: number, random: () => number): LoggedRounds {
  const row = () => {
    let [at, action] = [random(), 0];
    while (action < 4 && (at -= LOGGING[action]) >= 0) action++;
    return { action, reward: random() < rate * APPEAL[action] ? 1 : 0 };
  };
  const log = Array.from({ length: rows }, row);
  const of = (value: (one: (typeof log)[number]) => number) => Float64Array.from(log, value);
  return {
    reward: of(({ reward }) => reward),
    pscore: of(({ action }) => LOGGING[action]),
    evaluation: of(({ action }) => EVALUATED[action]),
    // A model that knows the rate and not the appeal.
    model: { logged: of(() => rate), expected: of(() => rate) },
    ...(visits > 1 && { cluster: Uint32Array.from(log, (_, i) => Math.floor(i / visits)) }),
  };
}

const ESTIMATORS: readonly TopSlotEstimator[] = [
  { kind: 'ips' },
  { kind: 'snips' },
  { kind: 'dm' },
  { kind: 'dr' },
];
/** Student's intervals, however few the rewards. */
const STUDENT = { ...SUPPORT_LIMITS, minNormal: { rewards: 0, sample: 0 } };

describe(`where rewards are rare, 95 % intervals hold the truth in ${RUNS} logs:`, () => {
  test.each([
    { rows: 1000, rate: 0.04, visits: 1, rewards: 16 },
    { rows: 1000, rate: 0.08, visits: 1, rewards: 32 },
    { rows: 1000, rate: 0.08, visits: 4, rewards: 32 },
    { rows: 400, rate: 0.1, visits: 1, rewards: 16 },
  ])('$rows rows, $visits a user, about $rewards effective rewards', ({ rows, rate, visits }) => {
    const random = seededRandom(rows + visits + Math.round(1000 * rate));
    const [value, gain] = [
      rate * expected(EVALUATED),
      rate * (expected(EVALUATED) - expected(LOGGING)),
    ];
    const held = ESTIMATORS.map(() => ({ value: 0, gain: 0, student: 0, runs: 0 }));
    const holds = ({ low, high }: { low: number; high: number }, truth: number) =>
      Number(low <= truth && truth <= high);
    // What is refused has fewer than ten effective rewards.
    const limits = { ...SUPPORT_LIMITS, minEffectiveRewards: 1 };
    for (let run = 0; run < RUNS; run++) {
      const rounds = logRare(rows, rate, visits, random);
      ESTIMATORS.forEach((estimator, i) => {
        const found = estimateTopSlot(estimator, rounds, { limits });
        const student = estimateTopSlot(estimator, rounds, {
          limits: { ...STUDENT, minEffectiveRewards: 1 },
        });
        if (found.kind === 'refused' || student.kind === 'refused') return;
        held[i].runs++;
        held[i].value += holds(found.value, value);
        held[i].gain += holds(found.gain, gain);
        held[i].student += holds(student.gain, gain);
      });
    }
    held.forEach(({ runs, ...count }, i) => {
      expect(runs).toBeGreaterThan(0.99 * RUNS);
      const { least } = binomialBounds(runs, 0.95);
      expect(count.value, ESTIMATORS[i].kind).toBeGreaterThanOrEqual(least);
      expect(count.gain, ESTIMATORS[i].kind).toBeGreaterThanOrEqual(least);
      if (RUNS > 1000 && visits === 1 && ESTIMATORS[i].kind === 'ips')
        expect(count.student).toBeLessThan(least);
    });
  });
});
