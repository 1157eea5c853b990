import { describe, expect, test } from 'vitest';
import type { OnlineCalibration } from '../../../../../backend/science/learn/online/calibration.ts';
import { delayStages, sharePassed } from '../../../../../backend/science/learn/online/delay.ts';
import { deltasOf } from '../../../../../backend/science/learn/online/deltas-of.ts';
import {
  afterTurn,
  forget,
  learnFrom,
  nothingLearned,
  onlineProblem,
  type OnlinePosterior,
  type SlateChange,
} from '../../../../../backend/science/learn/online/online-learner.ts';
import {
  posteriorFromBytes,
  posteriorToBytes,
} from '../../../../../backend/science/learn/online/posterior-bytes.ts';
import { RULES_VERSION } from '../../../../../shared/domain/ids.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { bucketCount, parseSchema } from '../../../../../shared/features/schema.ts';
import { posteriorOf } from '../../../../../shared/score/posterior.ts';
import { additiveFromPoints, STRIDE, toUnits } from '../../../../../shared/score/scorer.ts';

const schemaOf = (objective: 'listwise' | 'pointwise') =>
  parseSchema({
    name: 'kinds',
    columns: [
      { name: 'kind', type: 'number' },
      { name: 'tone', type: 'number' },
    ],
    features: [
      { name: 'kind', kind: 'quantile', column: 'kind', edges: [2, 4] },
      { name: 'tone', kind: 'quantile', column: 'tone', edges: [2, 4] },
    ],
    rules: {},
    training: { objective, position: 'given', reward: { click: 1 } },
  });

const SLOPE = 0.05;
const calibration = (changes: Partial<OnlineCalibration> = {}): OnlineCalibration => ({
  slope: SLOPE,
  slots: [],
  slotPrecision: [],
  intercept: 0,
  interceptPrecision: 1,
  evidence: 1,
  meanReward: 1,
  aloneWeight: 1,
  forcedTeaches: true,
  ...changes,
});

function problemOf(
  objective: 'listwise' | 'pointwise',
  {
    points = {},
    spread = 1,
    ...changes
  }: Partial<OnlineCalibration> & {
    points?: Record<string, number[]>;
    spread?: number;
  } = {},
) {
  const about = { version: RULES_VERSION, name: 'base' };
  const base = additiveFromPoints(schemaOf(objective), points, about);
  return onlineProblem(base, calibration(changes), spread);
}

const slate = (
  codes: number[],
  reward: number[],
  passed = 1,
  before?: SlateChange['before'],
): SlateChange => ({
  codes: Uint8Array.from(codes),
  propensity: 1,
  ...(before && { before }),
  after: { reward: Float64Array.from(reward), passed },
});

const weight = ({ mean }: OnlinePosterior, feature: number, bucket: number) =>
  mean[feature * STRIDE + bucket];

describe('what is still open', () => {
  const CHANCE = { old: 0.3, fresh: 0.2 };
  const MEAN_MS = 60_000;
  const TICK_MS = 5000;
  const WINDOW_MS = 60_000;
  const WINDOWS = 2;
  const PER_WINDOW = 2000;
  const RUNS = 60;
  const logOdds = (p: number) => Math.log(p / (1 - p));
  const delays = seededRandom(3);
  const stages = delayStages(
    Array.from({ length: 5000 }, () => ({
      delayMs: -MEAN_MS * Math.log(1 - delays()),
      ageMs: Number.MAX_SAFE_INTEGER,
    })),
  );
  const OLD = 1;

  /** Bucket of the item that is new in each window. */
  const bucketIn = (window: number) => (window % 2 === 0 ? 2 : 3);

  /**
   * What is learned, at the end of each window, of an item that is new in it, by a learner whose base knows the truth: anything but 0 is an
   * error. Slates of one. @param passedAt how much of what should have come has, by age.
   */
  function run(
    seed: number,
    objective: 'listwise' | 'pointwise',
    passedAt: (ageMs: number) => number,
  ): number[] {
    const random = seededRandom(seed);
    const kinds = [0, logOdds(CHANCE.old), logOdds(CHANCE.fresh), logOdds(CHANCE.fresh)];
    const points = { kind: kinds.map((odds) => odds / SLOPE) };
    const problem = problemOf(objective, { points, spread: 0.2, interceptPrecision: 1e9 });
    const learned: number[] = [];
    for (let window = 0; window < WINDOWS; window++) {
      const posterior = nothingLearned(problem);
      const shown = Array.from({ length: PER_WINDOW }, (_, i) => {
        const isFresh = i % 2 === 0;
        const at = WINDOW_MS * random();
        const isClicked = random() < (isFresh ? CHANCE.fresh : CHANCE.old);
        const clickAt = isClicked ? at - MEAN_MS * Math.log(1 - random()) : Infinity;
        return { at, clickAt, bucket: isFresh ? bucketIn(window) : OLD };
      });
      const before = new Map<number, SlateChange['before']>();
      for (let now = TICK_MS; now <= WINDOW_MS; now += TICK_MS)
        shown.forEach(({ at, clickAt, bucket }, i) => {
          if (at > now) return;
          const after = {
            reward: Float64Array.of(Number(clickAt <= now)),
            passed: passedAt(now - at),
          };
          const was = before.get(i);
          before.set(i, after);
          if (was?.reward[0] === after.reward[0] && was.passed === after.passed) return;
          const codes = Uint8Array.of(bucket, 0);
          learnFrom(problem, posterior, { codes, propensity: 1, before: was, after });
        });
      learned.push(weight(posterior, 0, bucketIn(window)));
    }
    return learned;
  }

  /** Of each window the mean error over the runs, in standard errors of one run. */
  function biases(objective: 'listwise' | 'pointwise', passedAt: (ageMs: number) => number) {
    const runs = Array.from({ length: RUNS }, (_, seed) => run(seed, objective, passedAt));
    return Array.from({ length: WINDOWS }, (_, window) => {
      const values = runs.map((learned) => learned[window]);
      const mean = values.reduce((sum, value) => sum + value, 0) / RUNS;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (RUNS - 1);
      return mean / Math.sqrt(variance);
    });
  }

  test.each(['listwise', 'pointwise'] as const)(
    'biases no window by more than one standard error where rates are constant (%s)',
    (objective) => {
      for (const bias of biases(objective, (ageMs) => sharePassed(stages, ageMs)))
        expect(Math.abs(bias)).toBeLessThan(1);
    },
  );

  test('counted as misses at once, or not at all until all should have come, it would bias every window', () => {
    const slow = stages.at(-1)!.ageMs;
    for (const bias of biases('listwise', () => 1)) expect(bias).toBeLessThan(-1);
    for (const bias of biases('listwise', (ageMs) => Number(ageMs >= slow)))
      expect(bias).toBeGreaterThan(1);
  });
});

test('visitors of hidden tastes are learned, a reward at a time, as far as a fit to all of them says', () => {
  const random = seededRandom(11);
  const TASTE = [0, 0.4, -0.3, 0];
  const problem = problemOf('listwise', { spread: 1 });
  const posterior = nothingLearned(problem);
  for (let n = 0; n < 6000; n++) {
    const codes = Array.from({ length: 8 }, () => Math.floor(random() * 4));
    const odds = [0, 1, 2, 3].map((slot) => Math.exp(TASTE[codes[2 * slot]]));
    let left = random() * odds.reduce((sum, one) => sum + one, 0);
    const clicked = odds.findIndex((one) => (left -= one) < 0);
    learnFrom(
      problem,
      posterior,
      slate(
        codes,
        [0, 1, 2, 3].map((slot) => Number(slot === clicked)),
      ),
    );
  }
  // A constant is nobody's: the prior leaves the weights' mean near 0.
  const kinds = [0, 1, 2, 3].map((bucket) => weight(posterior, 0, bucket));
  const error = 1 / Math.sqrt(posterior.precision[1]);
  for (const bucket of [1, 2, 3])
    expect(Math.abs(kinds[bucket] - kinds[0] - TASTE[bucket])).toBeLessThan(5 * error);
  for (const bucket of [1, 2, 3])
    expect(Math.abs(weight(posterior, 1, bucket) - weight(posterior, 1, 0))).toBeLessThan(
      5 * error,
    );
  const [most] = deltasOf(problem, posterior);
  expect(most.feature).toBe('kind');
  expect(Math.abs(most.points * SLOPE)).toBeGreaterThan(0.2);
});

test('a booking that is late adds what it would have added at once', () => {
  const problem = problemOf('listwise', { spread: 0.01 });
  const [atOnce, later] = [nothingLearned(problem), nothingLearned(problem)];
  const codes = [1, 0, 2, 0, 3, 0];
  learnFrom(problem, atOnce, slate(codes, [0, 6, 0]));
  learnFrom(problem, later, slate(codes, [0, 1, 0]));
  const before = { reward: Float64Array.of(0, 1, 0), passed: 1 };
  learnFrom(problem, later, slate(codes, [0, 6, 0], 1, before));
  // Priors so narrow move nothing in between, so that both say the same but for that.
  for (const bucket of [1, 2, 3])
    expect(weight(later, 0, bucket) / weight(atOnce, 0, bucket)).toBeCloseTo(1, 2);
  const known = later.mean.slice();
  learnFrom(
    problem,
    later,
    slate(codes, [0, 6, 0], 1, { ...before, reward: Float64Array.of(0, 6, 0) }),
  );
  expect(later.mean).toEqual(known);
});

test.each([
  ['pointwise', [1, 1], [0], [1]],
  ['listwise', [1, 1, 2, 2], [1, 0], [2, 0]],
] as const)(
  'what comes late makes nothing better known than if it had come at once: %s',
  (objective, codes, early, all) => {
    const problem = problemOf(objective, { spread: 0.2 });
    const gained = (...changes: SlateChange[]) => {
      const posterior = nothingLearned(problem);
      for (const change of changes) learnFrom(problem, posterior, change);
      return posterior.precision[STRIDE + 1] - problem.prior[STRIDE + 1];
    };
    const first = slate([...codes], [...early], 0.9);
    const once = gained(slate([...codes], [...all]));
    const late = gained(first, slate([...codes], [...all], 1, first.after));
    expect(once).toBeGreaterThan(0.1);
    expect(late / once).toBeGreaterThan(0.95);
    expect(late / once).toBeLessThan(1.05);
  },
);

test('one click moves an item no further than its features together are unsure of', () => {
  const problem = problemOf('listwise', { spread: 1 });
  const posterior = nothingLearned(problem);
  const change = slate([1, 1, 2, 2], [1, 0]);
  learnFrom(problem, posterior, change);
  const [up, down] = [1, 2].map(
    (bucket) => posterior.mean[bucket] + posterior.mean[STRIDE + bucket],
  );
  expect(up).toBeGreaterThan(0);
  expect(down).toBeCloseTo(-up, 12);
  // Variance 2 for two features; one observation with a score of 1/2 and curvature of 1/4 on either side.
  expect(up).toBeLessThan(1);
});

test('the prior is as wide as the version is unsure, and no wider than the spread, less for crosses', () => {
  const schema = parseSchema({
    ...schemaOf('listwise'),
    features: [
      ...schemaOf('listwise').features,
      { name: 'both', kind: 'cross', of: ['kind', 'tone'] },
    ],
    training: { objective: 'listwise', crossShrinkage: 4, reward: { click: 1 } },
  });
  // In points: of each bucket a deviation of its own.
  const deviations = [4, 0.1, 30];
  const posterior = posteriorOf(schema, (_, bucket) => deviations[bucket] ?? 30);
  const base = additiveFromPoints(schema, {}, { version: RULES_VERSION, name: 'base', posterior });
  const spread = 0.5;
  const { prior } = onlineProblem(base, calibration(), spread);
  const widths = (feature: number) =>
    deviations.map((_, bucket) => 1 / Math.sqrt(prior[feature * STRIDE + bucket]));
  const expected = (widest: number) => [4 * SLOPE, 0.1 * SLOPE, widest];
  [spread, spread, spread / 2].forEach((widest, feature) => {
    widths(feature).forEach((own, i) => expect(own).toBeCloseTo(expected(widest)[i], 3));
  });
});

describe('a turn of tastes', () => {
  const KINDS = 4;
  /** Of each weight, in log-odds, as a training knows it. */
  const KNOWN = 0.1;
  const SPREAD = 1;
  const RANKINGS = 1000;
  const LOOK = 20;
  const schema = schemaOf('listwise');
  const posterior = posteriorOf(schema, () => KNOWN / SLOPE);

  /** A slate of four of which one is chosen by a softmax over what each is worth. */
  function chosen(random: () => number, liking: Float64Array) {
    const codes = Array.from({ length: 2 * KINDS }, () => Math.floor(KINDS * random()));
    const odds = Array.from({ length: KINDS }, (_, slot) =>
      Math.exp(liking[codes[2 * slot]] + liking[KINDS + codes[2 * slot + 1]]),
    );
    let mark = random() * odds.reduce((sum, own) => sum + own, 0);
    const clicked = odds.findIndex((own) => (mark -= own) < 0);
    const reward = odds.map((_, slot) => Number(slot === clicked));
    return slate(codes, reward);
  }

  /** Learns from such slates. @returns after how many rankings a turn was seen. */
  function firstTurn(seed: number, likingOf: (random: () => number) => number) {
    const random = seededRandom(seed);
    const liking = Float64Array.from({ length: 2 * KINDS }, () => likingOf(random));
    const about = { version: RULES_VERSION, name: 'base', posterior };
    const problem = onlineProblem(additiveFromPoints(schema, {}, about), calibration(), SPREAD);
    const state = nothingLearned(problem);
    for (let n = 1; n <= RANKINGS; n++) {
      learnFrom(problem, state, chosen(random, liking));
      const next = n % LOOK === 0 ? afterTurn(problem, state, SPREAD) : undefined;
      if (next !== undefined) return { n, problem, state, next };
    }
    return undefined;
  }
  const normal = (random: () => number) =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

  test('is not seen where tastes are what the training left open', () => {
    const seen = Array.from({ length: 40 }, (_, seed) =>
      firstTurn(seed, (random) => KNOWN * normal(random)),
    ).filter((turn) => turn !== undefined);
    // 50 looks each.
    expect(seen.length).toBeLessThanOrEqual(4);
  });

  test('is seen in few rankings where they are others, and leaves every weight unsure where it is', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { n, problem, state, next } = firstTurn(seed, (random) => 2 * random() - 1)!;
      expect(n).toBeLessThanOrEqual(300);
      expect(next.posterior.mean).toEqual(state.mean);
      for (let feature = 0; feature < 2; feature++)
        for (let bucket = 0; bucket < KINDS; bucket++)
          expect(next.posterior.precision[feature * STRIDE + bucket]).toBe(1 / SPREAD ** 2);
      // How many click, and slots, are not what people like.
      expect(next.posterior.precision.subarray(2 * STRIDE)).toEqual(
        state.precision.subarray(2 * STRIDE),
      );
      expect(afterTurn(next.problem, next.posterior, SPREAD)).toBeUndefined();
      expect(problem.calibration.hasTurned).toBeUndefined();
    }
  });

  test('is seen again, of what was learned since the first and known well by now', () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = seededRandom(seed);
      const [first, second] = [1, 2].map(() =>
        Float64Array.from({ length: 2 * KINDS }, () => 4 * random() - 2),
      );
      const about = { version: RULES_VERSION, name: 'base', posterior };
      let problem = onlineProblem(additiveFromPoints(schema, {}, about), calibration(), SPREAD);
      let state = nothingLearned(problem);
      const seen: number[] = [];
      for (let n = 1; n <= 2 * RANKINGS; n++) {
        learnFrom(problem, state, chosen(random, n <= RANKINGS ? first : second));
        const next = n % LOOK === 0 ? afterTurn(problem, state, SPREAD) : undefined;
        if (next === undefined) continue;
        seen.push(n);
        ({ problem, posterior: state } = next);
      }
      expect(seen.filter((n) => n > RANKINGS && n <= RANKINGS + 100)).not.toEqual([]);
      // Neither long before nor long after: what is unsure by now pulls no weight away.
      expect(seen.filter((n) => n % RANKINGS > 300 && n % RANKINGS !== 0)).toEqual([]);
    }
  });

  test('is not seen where nothing was learned', () => {
    const problem = problemOf('listwise');
    expect(afterTurn(problem, nothingLearned(problem), SPREAD)).toBeUndefined();
  });
});

test('without new evidence the posterior goes back to the prior, half of it in a half-life', () => {
  const problem = problemOf('listwise');
  const posterior = nothingLearned(problem);
  for (let n = 0; n < 100; n++) learnFrom(problem, posterior, slate([1, 0, 2, 0], [1, 0]));
  const evidence = posterior.precision[1] - problem.prior[1];
  const natural = posterior.mean[1] * posterior.precision[1];
  forget(problem, posterior, 0.5);
  expect(posterior.precision[1] - problem.prior[1]).toBeCloseTo(evidence / 2, 12);
  expect(posterior.mean[1] * posterior.precision[1]).toBeCloseTo(natural / 2, 12);
  forget(problem, posterior, 0);
  expect(posterior.mean.every((value) => Math.abs(value) === 0)).toBe(true);
  expect(posterior.precision).toEqual(problem.prior);
});

test('a slate without a click teaches nothing by itself, and a slate of one without a choice neither', () => {
  const problem = problemOf('listwise', { forcedTeaches: false });
  const posterior = nothingLearned(problem);
  learnFrom(problem, posterior, slate([1, 0, 2, 0], [0, 0]));
  learnFrom(problem, posterior, slate([1, 0], [1]));
  expect(posterior).toEqual(nothingLearned(problem));
  learnFrom(problem, posterior, { ...slate([1, 0], [1]), propensity: 0.2 });
  expect(weight(posterior, 0, 1)).toBeGreaterThan(0);
});

test('is stored whole, and refused where it is of another schema', () => {
  const problem = problemOf('listwise');
  const posterior = nothingLearned(problem);
  learnFrom(problem, posterior, slate([1, 3, 2, 1], [1, 0]));
  afterTurn(problem, posterior, 1);
  const bytes = posteriorToBytes(problem, posterior);
  expect(posterior.recent.pull.some((own) => own !== 0)).toBe(true);
  expect(posteriorFromBytes(problem, bytes)).toEqual(posterior);
  expect(() => posteriorFromBytes(problem, bytes.subarray(8))).toThrow(/another schema/);
});

test('learned crosses count in scores, and stay as they were published', () => {
  const version = { version: RULES_VERSION, name: 'base' };
  const schema = schemaOf('listwise');
  const side = bucketCount(schema.features[1]);
  const flat = additiveFromPoints(schema, {}, version);
  const cell = (kind: number, tone: number) => 2 * STRIDE + kind * side + tone;
  const weights = new Int32Array(3 * STRIDE);
  weights[cell(2, 1)] = toUnits(60);
  const crossed = { ...flat, crosses: [[0, 1] as const], weights };
  const [without, withCross] = [flat, crossed].map((base) => onlineProblem(base, calibration(), 1));
  const change = slate([2, 1, 1, 1], [1, 0]);
  const learned = [without, withCross].map((problem) => {
    const posterior = nothingLearned(problem);
    learnFrom(problem, posterior, change);
    return { posterior, deltas: deltasOf(problem, posterior) };
  });
  // The cross foretold the click: 60 points are 3 log-odds, so that it surprises by 1/(1 + e³) in place of 1/2.
  const surprise = weight(learned[1].posterior, 0, 2) / weight(learned[0].posterior, 0, 2);
  expect(surprise).toBeLessThan(0.2);
  expect(surprise).toBeGreaterThan(0);
  expect(learned[1].posterior.mean.subarray(4 * STRIDE).every((moved) => moved === 0)).toBe(true);
  const named = new Set(schema.features.map(({ name }) => name));
  expect(learned[1].deltas.every(({ feature }) => named.has(feature))).toBe(true);
  const { posterior } = learned[1];
  afterTurn(withCross, posterior, 1);
  expect(posteriorFromBytes(withCross, posteriorToBytes(withCross, posterior))).toEqual(posterior);
  // As it was stored before: means and precisions alone.
  const before = posteriorToBytes(withCross, posterior).subarray(0, 16 * withCross.places.length);
  expect(posteriorFromBytes(withCross, before)).toEqual({
    ...posterior,
    recent: nothingLearned(withCross).recent,
  });
});
