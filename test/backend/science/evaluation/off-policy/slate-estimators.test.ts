import { describe, expect, it } from 'vitest';
import { SLATE_ESTIMATORS } from '../../../../../backend/science/evaluation/off-policy/off-policy-report.ts';
import { NO_LIMITS } from '../../../../../backend/science/evaluation/off-policy/support.ts';
import {
  estimateSlates,
  type SlateEstimator,
} from '../../../../../backend/science/evaluation/off-policy/slate-estimators.ts';
import type { LoggedSlates } from '../../../../../backend/science/evaluation/off-policy/slates.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';

const SEED = 4;
const [SLATES, SLOTS] = [50, 4];

/** Slates of `lengths` slots with everything drawn at random: enough for the formulas. */
function slatesOf(
  lengths: readonly number[],
): LoggedSlates & { model: NonNullable<LoggedSlates['model']> } {
  const random = seededRandom(SEED);
  const starts = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, s) => (starts[s + 1] = starts[s] + length));
  const column = (low: number) =>
    Float64Array.from({ length: starts[lengths.length] }, () => low + (1 - low) * random());
  return {
    starts,
    reward: column(0),
    pscore: column(0.3),
    evaluation: column(0.3),
    model: { logged: column(0), expected: column(0) },
  };
}

type At = (slate: number, slot: number) => number;
const sum = (n: number, of: (i: number) => number) =>
  Array.from({ length: n }, (_, i) => of(i)).reduce((a, b) => a + b, 0);

/** The papers' formulas as obp writes them, on slates × slots. */
function oracle(estimator: SlateEstimator, given: ReturnType<typeof slatesOf>): number {
  const at =
    (array: ArrayLike<number>): At =>
    (i, k) =>
      array[i * SLOTS + k];
  const [r, b, e] = [at(given.reward), at(given.pscore), at(given.evaluation)];
  const [q, v] = [at(given.model.logged), at(given.model.expected)];
  const w: At = (i, k) => (k < 0 ? 1 : w(i, k - 1) * (e(i, k) / b(i, k)));
  const total = (of: At) => sum(SLATES, (i) => sum(SLOTS, (k) => of(i, k)));
  const last = SLOTS - 1;
  switch (estimator) {
    case 'sips':
      return total((i, k) => w(i, last) * r(i, k)) / SLATES;
    case 'snsips':
      return total((i, k) => w(i, last) * r(i, k)) / sum(SLATES, (i) => w(i, last));
    case 'rips':
      return total((i, k) => w(i, k) * r(i, k)) / SLATES;
    case 'snrips':
      return sum(SLOTS, (k) => sum(SLATES, (i) => w(i, k) * r(i, k)) / sum(SLATES, (i) => w(i, k)));
    case 'cascade-dr':
      return total((i, k) => w(i, k) * (r(i, k) - q(i, k)) + w(i, k - 1) * v(i, k)) / SLATES;
    default:
      return estimator satisfies never;
  }
}

const valueOf = (estimator: SlateEstimator, slates: LoggedSlates) => {
  const estimate = estimateSlates(estimator, slates, { limits: NO_LIMITS });
  if (estimate.kind === 'refused') throw new Error(estimate.reason);
  return estimate.value;
};

describe(`slate estimators (seed ${SEED})`, () => {
  const even = slatesOf(Array.from({ length: SLATES }, () => SLOTS));

  it.each(SLATE_ESTIMATORS)('%s is its formula', (estimator) => {
    expect(valueOf(estimator, even).mean).toBeCloseTo(oracle(estimator, even), 10);
  });

  it.each(SLATE_ESTIMATORS)(
    '%s takes slates of different lengths, none among them',
    (estimator) => {
      const ragged = slatesOf(Array.from({ length: SLATES }, (_, s) => s % (SLOTS + 1)));
      const { mean, low, high } = valueOf(estimator, ragged);
      expect(low).toBeLessThan(mean);
      expect(mean).toBeLessThan(high);
    },
  );

  it.each(SLATE_ESTIMATORS)('%s of one-slot slates is its top-slot namesake', (estimator) => {
    const single = slatesOf(Array.from({ length: SLATES }, () => 1));
    const { reward, evaluation, pscore, model } = single;
    const weight = (i: number) => evaluation[i] / pscore[i];
    const mean = (of: (i: number) => number) => sum(SLATES, of) / SLATES;
    const ips = mean((i) => weight(i) * reward[i]);
    const expected = {
      sips: ips,
      rips: ips,
      snsips: ips / mean(weight),
      snrips: ips / mean(weight),
      'cascade-dr': mean((i) => model.expected[i] + weight(i) * (reward[i] - model.logged[i])),
    };
    expect(valueOf(estimator, single).mean).toBeCloseTo(expected[estimator], 12);
  });

  it('gain is over what was earned, or over another policy’s estimate', () => {
    const other = { ...even, evaluation: even.evaluation.map((p) => p * 0.9) };
    const alone = estimateSlates('rips', even, { limits: NO_LIMITS });
    const over = estimateSlates('rips', even, { limits: NO_LIMITS, baseline: other });
    if (alone.kind === 'refused' || over.kind === 'refused') return expect.unreachable();
    const earned = even.reward.reduce((a, b) => a + b, 0) / SLATES;
    expect(alone.gain.mean).toBeCloseTo(alone.value.mean - earned, 12);
    expect(over.gain.mean).toBeCloseTo(over.value.mean - valueOf('rips', other).mean, 12);
    return undefined;
  });
});
