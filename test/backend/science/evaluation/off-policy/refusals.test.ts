import { describe, expect, it } from 'vitest';
import {
  evaluateSlates,
  evaluateTopSlot,
} from '../../../../../backend/science/evaluation/off-policy/off-policy-report.ts';
import { NO_LIMITS } from '../../../../../backend/science/evaluation/off-policy/support.ts';
import { offPolicyText } from '../../../../../backend/science/evaluation/off-policy/report-text.ts';
import {
  roundsFromTables,
  type LoggedRounds,
} from '../../../../../backend/science/evaluation/off-policy/rounds.ts';
import { estimateSlates } from '../../../../../backend/science/evaluation/off-policy/slate-estimators.ts';
import { estimateTopSlot } from '../../../../../backend/science/evaluation/off-policy/top-slot.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';

const ROWS = 2000;
const SEED = 9;

/** Uniform logging among five, evaluated by a policy that likes some more: sound logs, until `change` spoils them. */
function logs(change: Partial<LoggedRounds> = {}, rows = ROWS): LoggedRounds {
  const random = seededRandom(SEED);
  const fill = (value: (row: number) => number) =>
    Float64Array.from({ length: rows }, (_, row) => value(row));
  return {
    reward: fill(() => (random() < 0.3 ? 1 : 0)),
    pscore: fill(() => 0.2),
    evaluation: fill((row) => [0.1, 0.3, 0.2, 0.15, 0.25][row % 5]),
    model: { logged: fill(() => 0.3), expected: fill(() => 0.3) },
    ...change,
  };
}
const changed = (row: number, value: number, base: number) =>
  Float64Array.from({ length: ROWS }, (_, i) => (i === row ? value : base));
const sparse = (every: number) =>
  Float64Array.from({ length: ROWS }, (_, i) => (i % every === 0 ? 1 : 0));

describe('sound logs', () => {
  it('carry an estimate by every estimator', () => {
    for (const { kind } of evaluateTopSlot(logs()).estimates) expect(kind).toBe('estimate');
  });
});

describe('an estimate is refused, with the figures, where', () => {
  it.each([
    { the: 'logs are empty', rounds: logs({ model: undefined }, 0), says: /0 were logged/ },
    {
      the: 'rows are few',
      rounds: logs({}, 60),
      says: /60 independent rows or sessions, 100 are needed/,
    },
    {
      the: 'sessions are few',
      rounds: logs({ cluster: Uint8Array.from({ length: ROWS }, (_, row) => row % 12) }),
      says: /12 independent rows or sessions, 100 are needed/,
    },
    {
      the: 'a propensity is 0',
      rounds: logs({ pscore: changed(7, 0, 0.2) }),
      says: /1 of 2000 logged propensities are missing or not in \(0, 1\], the first at row 7: 0/,
    },
    {
      the: 'a propensity is missing',
      rounds: logs({ pscore: changed(3, Number.NaN, 0.2) }),
      says: /the first at row 3: NaN/,
    },
    {
      the: 'a propensity is no probability',
      rounds: logs({ pscore: changed(3, 1.5, 0.2) }),
      says: /the first at row 3: 1.5/,
    },
    {
      the: 'the evaluated policy’s probability is none',
      rounds: logs({ evaluation: changed(4, -0.1, 0.2) }),
      says: /probability at row 4 is -0.1, not in \[0, 1\]/,
    },
    {
      the: 'the policies do not overlap',
      rounds: logs({ evaluation: new Float64Array(ROWS) }),
      says: /no overlap: the evaluated policy never does what was logged in 2000 rows/,
    },
    {
      the: 'the effective sample size is a few',
      rounds: logs({ pscore: changed(5, 1e-4, 0.2), evaluation: changed(5, 0.9, 0.2) }),
      says: /effective sample size 1.\d+ of 2000 rows, 50 are needed \(largest weight 9000\)/,
    },
    {
      the: 'part of what the policy does was never logged',
      rounds: logs({
        evaluation: Float64Array.from({ length: ROWS }, (_, row) => [0.1, 0.14][row % 2]),
      }),
      says: /the weights average 0.6 where 1 ± 0.00224 is expected/,
    },
    {
      the: 'hardly a row was rewarded',
      rounds: logs({ reward: sparse(400) }),
      says: /5 rewarded rows or sessions count as \d[\d.]* once weighted, 10 are needed/,
    },
    {
      the: 'a reward is not a number',
      rounds: logs({ reward: changed(2, Number.NaN, 1) }),
      says: /not a finite number|NaN/,
    },
  ])('$the', ({ rounds, says }) => {
    const estimate = estimateTopSlot({ kind: 'ips' }, rounds);
    if (estimate.kind === 'estimate') return expect.unreachable(`it said ${estimate.value.mean}`);
    expect(estimate.reason).toMatch(says);
    expect(Object.keys(estimate)).not.toContain('value');
    return undefined;
  });

  it('a weight is in the thousands, in however many rows', () => {
    const rows = 400_000;
    const rounds = logs({ model: undefined }, rows);
    const pscore = Float64Array.from(rounds.pscore);
    const evaluation = Float64Array.from({ length: rows }, () => 0.2);
    [pscore[0], evaluation[0]] = [1e-4, 0.3];
    const spoilt = { ...rounds, pscore, evaluation };
    expect(estimateTopSlot({ kind: 'ips' }, spoilt)).toMatchObject({
      kind: 'refused',
      reason: 'largest weight 3000 of 400000 rows, at most 1000 is allowed',
    });
    expect(estimateTopSlot({ kind: 'clipped-ips', limit: 20 }, spoilt)).toMatchObject({
      kind: 'estimate',
    });
  });

  it('clipping takes too much away', () => {
    expect(estimateTopSlot({ kind: 'clipped-ips', limit: 0.5 }, logs())).toMatchObject({
      kind: 'refused',
      reason: 'clipping takes away 50 % of the weight, at most 10 % is allowed',
    });
  });

  it('a model is needed and none was given', () => {
    for (const kind of ['dm', 'dr', 'sndr'] as const) {
      expect(estimateTopSlot({ kind }, logs({ model: undefined }))).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('needs a reward model'),
      });
    }
  });

  it('the baseline’s own estimate is', () => {
    const baseline = logs({ evaluation: new Float64Array(ROWS) });
    expect(estimateTopSlot({ kind: 'ips' }, logs(), { baseline })).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/^baseline: no overlap/),
    });
  });

  it('a slot’s weights run away, naming the slot', () => {
    const slates = 500;
    const random = seededRandom(SEED);
    const rows = slates * 6;
    const column = (value: number) => Float64Array.from({ length: rows }, () => value);
    const starts = Uint32Array.from({ length: slates + 1 }, (_, s) => s * 6);
    const reward = column(0).map(() => (random() < 0.4 ? 1 : 0));
    const evaluation = column(0).map(() => (random() < 0.5 ? 0.02 : 0.98));
    const given = { starts, reward, pscore: column(0.5), evaluation };
    expect(estimateSlates('rips', given)).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/^slot \d: effective sample size/),
    });
    expect(evaluateSlates(given, ['sips']).estimates).toMatchObject([{ kind: 'refused' }]);
  });
});

describe('a wrong shape is an error, not a refusal', () => {
  it.each([
    {
      what: 'a short array',
      call: () => evaluateTopSlot(logs({ pscore: [0.5] })),
      says: /pscore has 1 entries for 2000 rows/,
    },
    {
      what: 'an action outside the tables',
      call: () =>
        roundsFromTables({
          reward: [1],
          pscore: [0.5],
          action: [2],
          actions: 2,
          positions: 1,
          evaluation: [0.5, 0.5],
        }),
      says: /row 0: action 2 at position 0 is outside the 2 × 1 tables/,
    },
    {
      what: 'a table of another size',
      call: () =>
        roundsFromTables({
          reward: [1],
          pscore: [0.5],
          action: [1],
          actions: 2,
          positions: 1,
          evaluation: [1],
        }),
      says: /evaluation holds 1 numbers; give 2 actions × 1 positions = 2/,
    },
    {
      what: 'a slate of another length',
      call: () =>
        evaluateSlates({
          starts: Uint32Array.of(0, 2),
          reward: Float64Array.of(1),
          pscore: Float64Array.of(1, 1),
          evaluation: Float64Array.of(1, 1),
        }),
      says: /reward has 1 entries for 2 rows in the slates/,
    },
  ])('$what', ({ call, says }) => expect(call).toThrow(says));
});

describe('estimators meet at their ends', () => {
  const rounds = logs();
  const value = (estimator: Parameters<typeof estimateTopSlot>[0]) => {
    const estimate = estimateTopSlot(estimator, rounds, { limits: NO_LIMITS });
    return estimate.kind === 'estimate' ? estimate.value : undefined;
  };
  const many = Number.POSITIVE_INFINITY;
  it.each([
    { one: { kind: 'clipped-ips', limit: many }, other: { kind: 'ips' } },
    { one: { kind: 'switch-dr', threshold: many }, other: { kind: 'dr' } },
    { one: { kind: 'switch-dr', threshold: 0 }, other: { kind: 'dm' } },
    { one: { kind: 'dr-os', lambda: many }, other: { kind: 'dr' } },
    { one: { kind: 'dr-os', lambda: 0 }, other: { kind: 'dm' } },
  ] as const)('$one.kind is $other.kind', ({ one, other }) => {
    expect(value(one)!.mean).toBeCloseTo(value(other)!.mean, 12);
    expect(value(one)!.high).toBeCloseTo(value(other)!.high, 12);
  });

  it('the logging policy itself earns what was earned, and gains nothing', () => {
    const same = evaluateTopSlot(logs({ evaluation: logs().pscore }));
    for (const line of same.estimates) {
      if (line.kind === 'refused') return expect.unreachable(line.reason);
      expect([line.gain.mean, line.gain.low, line.gain.high]).toEqual([0, 0, 0]);
      if (line.estimator === 'dm') continue;
      expect(line.value.mean).toBeCloseTo(
        same.logged!.mean,
        line.estimator.startsWith('dr-os') ? 2 : 12,
      );
      expect(line.weights).toMatchObject({ effectiveSampleSize: ROWS, mean: 1, max: 1 });
    }
    return undefined;
  });

  it('whatever a reward model says, also where the propensities are computed anew', () => {
    const { pscore, model } = logs();
    const wrong = { logged: model!.logged, expected: Float64Array.from({ length: ROWS }, () => 9) };
    const evaluation = Float64Array.from(pscore, (p) => p * (1 + 1e-13));
    for (const line of evaluateTopSlot(logs({ evaluation, model: wrong })).estimates) {
      if (line.kind === 'refused') return expect.unreachable(line.reason);
      expect(line.gain).toMatchObject({ mean: 0, low: 0, high: 0 });
    }
    return undefined;
  });

  it('in slates too, and only where every probability is the same', () => {
    const slates = 400;
    const random = seededRandom(SEED);
    const column = (draw: () => number) => Float64Array.from({ length: 2 * slates }, draw);
    const pscore = column(() => 0.2 + 0.6 * random());
    const given = {
      starts: Uint32Array.from({ length: slates + 1 }, (_, slate) => 2 * slate),
      // Nothing is rewarded at the second slot.
      reward: Float64Array.from({ length: 2 * slates }, (_, row) =>
        row % 2 === 0 && random() < 0.4 ? 1 : 0,
      ),
      pscore,
      evaluation: pscore,
      model: { logged: column(() => 0.4 * random()), expected: column(() => 0.4 * random()) },
    };
    for (const line of evaluateSlates(given).estimates)
      expect(line).toMatchObject({ kind: 'estimate', gain: { mean: 0, low: 0, high: 0 } });
    const evaluation = pscore.map((p, row) => (row % 2 === 0 ? p : p * (0.8 + 0.4 * random())));
    const [line] = evaluateSlates({ ...given, evaluation }, ['cascade-dr']).estimates;
    if (line.kind === 'refused') return expect.unreachable(line.reason);
    expect(line.gain.high).toBeGreaterThan(line.gain.low);
    return undefined;
  });

  it('against itself as baseline every estimator gains nothing', () => {
    for (const line of evaluateTopSlot(rounds, undefined, { baseline: rounds }).estimates) {
      if (line.kind === 'refused') return expect.unreachable(line.reason);
      expect([line.gain.mean, line.gain.low, line.gain.high]).toEqual([0, 0, 0]);
    }
    return undefined;
  });
});

describe('the report', () => {
  const report = evaluateTopSlot(logs({ reward: sparse(400) }), [{ kind: 'ips' }]);
  const sound = evaluateTopSlot(logs());

  it('is the same after JSON', () => {
    for (const value of [report, sound]) expect(JSON.parse(JSON.stringify(value))).toEqual(value);
  });

  it('aligns for a person, and a refusal reads as one', () => {
    const lines = offPolicyText(sound).split('\n');
    expect(lines[0]).toMatch(
      /^2000 logged rows: 0\.\d+ per row as served \(95 %: .* gain over what served$/,
    );
    expect(new Set(lines.slice(1).map((line) => line.length)).size).toBe(1);
    expect(lines).toHaveLength(2 + sound.estimates.length);
    expect(offPolicyText(report)).toMatch(/\nips +refused: 5 rewarded rows/);
  });

  it('says where rewards are too rare for a normal distribution', () => {
    const rare = evaluateTopSlot(logs({ reward: sparse(80) }), [{ kind: 'ips' }]);
    expect(rare.estimates).toMatchObject([{ kind: 'estimate', smallSample: true }]);
    expect(offPolicyText(rare)).toMatch(/\nips: rewards are rare or the effective sample is small/);
    expect(offPolicyText(sound)).not.toMatch(/rare/);
  });
});
