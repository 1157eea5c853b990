import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { normalQuantile } from '../../../../backend/science/statistics/distributions.ts';
import type { HeldOutGain } from '../../../../backend/science/evaluation/held-out-gain.ts';
import { gateText } from '../../../../backend/science/evaluation/gate-text.ts';
import { runGate } from '../../../../backend/science/evaluation/gate.ts';
import type { GateEvidence } from '../../../../backend/science/evaluation/gate-evidence.ts';
import type { GateReport } from '../../../../backend/science/evaluation/gate-report.ts';

const estimate = (low: number, clusters: number) => ({
  mean: 0.1,
  low,
  high: 0.3,
  n: 100,
  clusters,
  rewarded: clusters,
});

const offPolicy = { estimator: 'DR', mean: 0.03, low: 0.01, high: 0.05, ess: 2500 };
const bookings = {
  metric: 'bookings',
  better: 'higher',
  low: -0.01,
  high: 0.04,
  worstAllowed: -0.02,
} as const;
const cancels = {
  metric: 'cancels',
  better: 'lower',
  low: -0.03,
  high: 0.01,
  worstAllowed: 0.05,
} as const;

/** Everything speaks for the challenger. */
const GOOD: GateEvidence = {
  offPolicyGain: offPolicy,
  heldOutGain: estimate(0.02, 400),
  rankings: 2000,
  cover: { share: 0.95, requests: 200, k: 10 },
  guardrails: [bookings, cancels],
  calibration: { ece: 0.01 },
  notFinite: 0,
  cost: { challenger: 300_000, champion: 100_000 },
  dataQuality: { passed: true, failures: [] },
};
const undecided = { mean: 0.02, low: -0.03, high: 0.07, n: 300, clusters: 300, rewarded: 300 };
const worse = { mean: -0.05, low: -0.08, high: -0.02, n: 300, clusters: 300, rewarded: 300 };
const MODES = ['staged', 'direct'] as const;

describe('runGate', () => {
  test.each(MODES)('%s, promotes when everything holds, and names every check', (mode) => {
    const report = runGate(GOOD, { mode });
    expect(report).toMatchObject({
      verdict: 'promote',
      decidedBy: 'held-out gain',
      gain: { mean: 0.1, low: 0.02, high: 0.3 },
      reason: `held-out loss falls by 0.1000 per slate (95 %: 0.0200 to 0.3000)${mode === 'staged' ? ', and visitors decide' : ''}`,
    });
    expect(report.checks.map(({ check, outcome }) => `${check}: ${outcome}`)).toEqual([
      'held-out gain: passed',
      'off-policy gain: passed',
      'cover: noted',
      'guardrail bookings: passed',
      'guardrail cancels: passed',
      'scores: passed',
      'calibration error (ECE): passed',
      'scoring work: passed',
      'data quality: passed',
    ]);
    // A figure that is an end of an interval says so, as it is not what is expected.
    const [upper, lower] = mode === 'staged' ? ['upper', 'lower'] : ['lower', 'upper'];
    expect(report.checks).toMatchObject([
      { bound: `${upper} end > 0.0001` },
      { bound: 'upper end ≥ 0' },
      {},
      { bound: expect.stringMatching(new RegExp(`^${upper} end ≥`)) },
      { bound: expect.stringMatching(new RegExp(`^${lower} end ≤`)) },
      { bound: 'none that is not finite' },
      {},
      {},
      {},
    ]);
  });

  describe.each(MODES)('%s, refused for cause', (mode) => {
    test.each<[string, GateEvidence, GateReport['decidedBy'], string]>([
      ['a held-out gain below 0', { heldOutGain: worse }, 'held-out gain', 'held-out gain'],
      [
        'a held-out gain of exactly 0, of what ranks as the champion does',
        { heldOutGain: { mean: 0, low: 0, high: 0, n: 300, clusters: 300, rewarded: 300 } },
        'held-out gain',
        'held-out gain',
      ],
      [
        'a held-out gain that is no number',
        { heldOutGain: { ...worse, high: Number.NaN } },
        'held-out gain',
        'held-out gain',
      ],
      [
        'an off-policy gain below 0',
        { offPolicyGain: { ...offPolicy, mean: -0.02, low: -0.03, high: -0.01 } },
        'off-policy gain',
        'off-policy gain',
      ],
      [
        'an off-policy gain below 0 on the little that the log covers',
        {
          offPolicyGain: { ...offPolicy, mean: -0.02, low: -0.03, high: -0.01 },
          heldOutGain: estimate(0.06, 400),
          cover: { share: 0.1, requests: 200, k: 10 },
        },
        'off-policy gain',
        'off-policy gain',
      ],
      [
        'an off-policy gain that is no number',
        { offPolicyGain: { ...offPolicy, high: Number.NaN } },
        'off-policy gain',
        'off-policy gain',
      ],
      [
        'a guardrail that has fallen too far',
        { guardrails: [{ ...bookings, low: -0.1, high: -0.03 }] },
        'checks',
        'guardrail bookings',
      ],
      [
        'a guardrail that has risen too far',
        { guardrails: [cancels, { ...cancels, metric: 'refunds', low: 0.06, high: 0.1 }] },
        'checks',
        'guardrail refunds',
      ],
      [
        'probabilities off by more than the bound',
        { calibration: { ece: 0.051 } },
        'checks',
        'calibration error (ECE)',
      ],
      [
        'an ECE that is no number',
        { calibration: { ece: Number.NaN } },
        'checks',
        'calibration error (ECE)',
      ],
      ['scores that are no number', { notFinite: 2 }, 'checks', 'scores'],
      [
        'scoring that takes too much work',
        { cost: { challenger: 2_100_000, champion: 100_000 } },
        'checks',
        'scoring work',
      ],
      [
        'data that failed quality',
        { dataQuality: { passed: false, failures: ['attribution 97 % of 99 %'] } },
        'checks',
        'data quality',
      ],
    ])('by %s, alone', (_, changed, by, failing) => {
      const report = runGate({ ...GOOD, ...changed }, { mode });
      expect(report).toMatchObject({ verdict: 'keep champion', decidedBy: by });
      const failed = report.checks.filter(({ outcome }) => outcome === 'failed');
      expect(failed.map(({ check }) => check)).toEqual([failing]);
      expect(report.reason).toBe(failed[0].says);
    });
  });

  test.each<[string, GateEvidence]>([
    ['a held-out gain that may be either', { heldOutGain: undecided }],
    ['a guardrail that may be either', { guardrails: [{ ...bookings, low: -0.1 }] }],
  ])(
    '%s is for visitors to decide where there are any, and promotes nothing where not',
    (_, changed) => {
      expect(runGate({ ...GOOD, ...changed }, { mode: 'staged' }).verdict).toBe('promote');
      expect(runGate({ ...GOOD, ...changed }, { mode: 'direct' }).verdict).not.toBe('promote');
    },
  );

  test.each<[string, GateEvidence, GateReport['decidedBy'], string]>([
    [
      'the off-policy gain speaks for it where the log covers its slates',
      {},
      'off-policy gain',
      'off-policy gain (DR) of +0.0300 (95 %: 0.0100 to 0.0500), effective sample 2500, and visitors decide',
    ],
    [
      'the off-policy gain does not speak for it where the log covers little of its slates',
      { cover: { share: 0.3, requests: 200, k: 10 } },
      'nothing',
      'nothing speaks against it, and visitors decide: held-out loss falls by 0.0200 per slate (95 %: -0.0300 to 0.0700)',
    ],
    [
      'nor where its effective sample is small',
      { offPolicyGain: { ...offPolicy, ess: 7 } },
      'nothing',
      'nothing speaks against it, and visitors decide: held-out loss falls by 0.0200 per slate (95 %: -0.0300 to 0.0700)',
    ],
  ])('staged, with an uncertain held-out gain %s', (_, changed, by, reason) => {
    const report = runGate({ ...GOOD, heldOutGain: undecided, ...changed }, { mode: 'staged' });
    expect(report).toMatchObject({ verdict: 'promote', decidedBy: by, reason });
  });

  test('a slate that the log does not cover is not refused: the report says how much it covers', () => {
    const { checks, verdict } = runGate(
      { ...GOOD, cover: { share: 0.304, requests: 1200, k: 9.5 } },
      { mode: 'staged' },
    );
    expect(verdict).toBe('promote');
    expect(checks.find(({ check }) => check === 'cover')?.says).toBe(
      'the log covers 30 % of its top 9.5 over 1,200 requests, so that the off-policy gain may only refuse it',
    );
  });

  test.each(['guardrails', 'calibration', 'data quality'] as const)(
    'where the rules require %s, there is no verdict without',
    (kind) => {
      const name = kind === 'data quality' ? 'dataQuality' : kind;
      const { [name]: _, ...evidence } = GOOD;
      const report = runGate(evidence, { required: [kind] });
      expect(report).toMatchObject({ verdict: 'not enough data', decidedBy: 'nothing' });
      expect(report.reason).toContain(`${kind} not checked`);
      expect(runGate(evidence, { required: [] }).verdict).toBe('promote');
    },
  );

  test('no guardrails configured is not the same as guardrails not checked', () => {
    expect(runGate({ ...GOOD, guardrails: [] }, { required: ['guardrails'] }).verdict).toBe(
      'promote',
    );
  });

  test('what failed outweighs what is missing', () => {
    const { calibration: _, ...evidence } = GOOD;
    const report = runGate({ ...evidence, notFinite: 1 });
    expect(report.verdict).toBe('keep champion');
    expect(report.reason).toContain('calibration not checked');
  });

  describe('how many more rankings would likely do', () => {
    const asked = (heldOutGain: HeldOutGain | undefined, rankings = 2000) =>
      runGate({ ...GOOD, heldOutGain, rankings }, { mode: 'direct' });

    test('with too few sessions, as many as bring enough of them', () => {
      const report = asked({ ...undecided, n: 10, clusters: 10, rewarded: 10 });
      // 30 of 30 sessions come with three times 2,000 rankings.
      expect(report).toMatchObject({ verdict: 'not enough data', moreRankings: 4000 });
      expect(report.reason).toBe(
        '10 of 30 validation visitors with a reward; about 4,000 more rankings would likely do',
      );
    });

    test('with an uncertain gain, as many as find a gain of that size in four of five cases', () => {
      const { moreRankings } = asked(undecided);
      // Simulated: the gain is 0.02 ± 0.0255 from 2,000 rankings, so with `n` times as many the error is √n times smaller.
      const error = 0.05 / 1.96 / Math.sqrt((2000 + moreRankings!) / 2000);
      const random = seededRandom(1);
      let found = 0;
      for (let i = 0; i < 20_000; i++) {
        const estimated = 0.02 + error * normalQuantile(random());
        if (estimated - 1.96 * error > 0) found++;
      }
      expect(found / 20_000).toBeGreaterThan(0.78);
      expect(found / 20_000).toBeLessThan(0.83);
    });

    test('with a gain of 0 or less no number is named, nor where nothing is known', () => {
      expect(asked({ ...undecided, mean: -0.001, high: 0.028 })).not.toHaveProperty('moreRankings');
      expect(asked(undefined)).not.toHaveProperty('moreRankings');
      expect(asked(undecided, Number.NaN)).not.toHaveProperty('moreRankings');
    });

    test('where there is a verdict, no number is named', () => {
      expect(asked(worse)).not.toHaveProperty('moreRankings');
      expect(asked(estimate(0.02, 400))).not.toHaveProperty('moreRankings');
    });
  });

  test('the report survives JSON and reads as a table', () => {
    const refused = { refused: 'the log has no exploration' };
    const report = runGate({ ...GOOD, offPolicyGain: refused, calibration: { ece: 0.2 } });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    const lines = gateText(report).split('\n');
    expect(lines[0]).toBe('keep champion: calibration error (ECE) 0.2000, not ≤ 0.05');
    expect(lines[1]).toBe('decided by: checks');
    expect(lines.find((line) => line.includes('(ECE)') && line.startsWith('failed'))).toMatch(
      /^failed {2}calibration error \(ECE\) +0\.2000 +≤ 0\.05 +calibration error/,
    );
    expect(lines.find((line) => line.startsWith('noted'))).toContain(
      'refused, the log has no exploration',
    );
    expect(lines).toHaveLength(3 + report.checks.length);
  });
});

describe('direct, where the log covers little of what it would show', () => {
  const little = { share: 0.09, requests: 200, k: 10 };
  // As of a challenger that was then clicked 14 % less often: it reordered well what the champion showed, and brought up worse.
  const reordered = {
    mean: 0.0599,
    low: 0.0217,
    high: 0.0981,
    n: 312,
    clusters: 312,
    rewarded: 312,
  };

  test('a small held-out gain promotes nothing', () => {
    const report = runGate({ ...GOOD, heldOutGain: reordered, cover: little }, { mode: 'direct' });
    expect(report).toMatchObject({ verdict: 'not enough data', decidedBy: 'nothing' });
    expect(report.reason).toMatch(
      /the interval is not above 0\.05, which is asked where the log covers less than 80 % of its top/,
    );
    // (2.80 · 0.0195 / (0.0599 − 0.05))² times as many.
    expect(report.moreRankings).toBeGreaterThan(50_000);
    expect(report.moreRankings).toBeLessThan(65_000);
  });

  test.each([
    ['a large one does', { cover: little, heldOutGain: estimate(0.06, 400) }, 'direct'],
    ['and a small one where the log covers it', { heldOutGain: reordered }, 'direct'],
    ['and a small one where visitors decide', { cover: little, heldOutGain: reordered }, 'staged'],
    [
      'and where the champion’s rewards fell since visitors changed',
      { cover: little, heldOutGain: reordered, rewardsFell: true },
      'direct',
    ],
  ] as const)('%s', (_, changed, mode) => {
    expect(runGate({ ...GOOD, ...changed }, { mode }).verdict).toBe('promote');
  });
});

describe('direct, at one look of many', () => {
  // Two standard errors, and a half, above 0.
  const gain = {
    mean: 0.05,
    low: 0.05 - 1.98 * 0.02,
    high: 0.05 + 1.98 * 0.02,
    n: 120,
    clusters: 120,
    rewarded: 120,
  };
  const at = (alpha: number, changed: Partial<HeldOutGain> = {}) =>
    runGate({ ...GOOD, heldOutGain: { ...gain, ...changed } }, { mode: 'direct', alpha });

  test('the bound is that of its error rate, and the report says which', () => {
    expect(at(0.05).verdict).toBe('promote');
    const late = at(0.001);
    expect(late).toMatchObject({ verdict: 'not enough data' });
    expect(late.reason).toMatch(
      /^held-out loss falls by 0\.0500 per slate \(95 %: 0\.0104 to 0\.0896\): the interval with an error rate of 0\.0010, as of one look of many, is not above 0; about/,
    );
    // t(0.9995, 119) is 3.374, and t(0.975, 119) 1.980.
    expect(late.checks[0].figure).toBeCloseTo(0.05 - 3.374 * 0.02, 4);
    expect(at(0.001, { mean: 0.07, low: 0.07 - 1.98 * 0.02, high: 0.11 }).verdict).toBe('promote');
  });

  test('it is that of the interval, however few of its sessions have a reward', () => {
    expect(at(0.001, { rewarded: 31 }).checks[0].figure).toBeCloseTo(0.05 - 3.374 * 0.02, 4);
    expect(at(0.001, { rewarded: 29 }).checks[0]).toMatchObject({
      outcome: 'missing',
      says: '29 of 30 validation visitors with a reward',
    });
  });

  test('more rankings are asked for than at the only look', () => {
    const wide = { mean: 0.03, low: 0.03 - 1.98 * 0.02, high: 0.03 + 1.98 * 0.02 };
    expect(at(0.001, wide).moreRankings!).toBeGreaterThan(at(0.05, wide).moreRankings!);
  });
});

describe('direct, by held-out slates alone', () => {
  test.each([
    ['promotes when the whole interval lies above 0', estimate(0.01, 50), 'promote'],
    ['does not promote when the interval touches 0', estimate(0, 50), 'not enough data'],
    // Two scorers that said nothing of the held-out slates, one of which was then clicked 21 % less often than the other.
    [
      'does not promote for a difference of all but 0',
      { mean: 8.6e-8, low: 1.4e-8, high: 1.6e-7, n: 247, clusters: 247, rewarded: 247 },
      'keep champion',
    ],
    ['keeps the champion when it lies below 0', worse, 'keep champion'],
    [
      'has no verdict on too few sessions, however large the gain',
      estimate(0.09, 29),
      'not enough data',
    ],
    ['has no verdict without an estimate', undefined, 'not enough data'],
  ])('%s', (_, gain, verdict) => {
    const evidence = gain === undefined ? {} : { heldOutGain: gain };
    expect(runGate(evidence, { mode: 'direct', required: [] }).verdict).toBe(verdict);
  });
});
