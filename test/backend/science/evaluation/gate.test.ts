import { describe, expect, test } from 'vitest';
import { gateText } from '../../../../backend/science/evaluation/gate-text.ts';
import { drift } from '../../../../backend/science/evaluation/drift.ts';
import {
  runGate,
  gateOnHeldOutGain,
  type GateEvidence,
  type GateRules,
} from '../../../../backend/science/evaluation/gate.ts';

const estimate = (low: number, clusters: number) => ({
  mean: 0.1,
  low,
  high: 0.3,
  n: 100,
  clusters,
});

const offPolicy = { estimator: 'DR', mean: 0.03, low: 0.01, high: 0.05, ess: 2500 };
const still = drift([500, 500], [500, 500]);
const shifted = drift([5000, 5000], [1000, 9000]);
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
  guardrails: [bookings, cancels],
  calibration: { ece: 0.01, slope: 1.05, intercept: 0.02 },
  drift: { score: still, features: [{ feature: 'price', ...still }] },
  dataQuality: { passed: true, failures: [] },
};

describe('runGate', () => {
  test('promotes when everything holds, by the off-policy gain, and names every check', () => {
    const report = runGate(GOOD);
    expect(report).toMatchObject({
      verdict: 'promote',
      decidedBy: 'off-policy gain',
      gain: { mean: 0.03, low: 0.01, high: 0.05 },
      reason: 'off-policy gain (DR) of +0.0300 (95 %: 0.0100 to 0.0500), effective sample 2500',
    });
    expect(report.checks.map(({ check, outcome }) => `${check}: ${outcome}`)).toEqual([
      'off-policy gain: passed',
      'held-out gain: noted',
      'guardrail bookings: passed',
      'guardrail cancels: passed',
      'calibration error (ECE): passed',
      'calibration slope: passed',
      'calibration intercept: passed',
      'drift of scores (PSI): passed',
      'drift of price (PSI): passed',
      'data quality: passed',
    ]);
  });

  test.each<[string, GateEvidence, Partial<GateRules>, string]>([
    [
      'an off-policy gain whose interval touches 0',
      { offPolicyGain: { ...offPolicy, low: 0 } },
      {},
      'off-policy gain',
    ],
    ['an off-policy gain under the threshold', {}, { minGain: 0.015 }, 'off-policy gain'],
    [
      'an off-policy gain that is no number',
      { offPolicyGain: { ...offPolicy, low: Number.NaN } },
      {},
      'off-policy gain',
    ],
    [
      'a guardrail that may have fallen too far',
      { guardrails: [{ ...bookings, low: -0.021 }] },
      {},
      'guardrail bookings',
    ],
    [
      'a guardrail that may have risen too far',
      { guardrails: [cancels, { ...cancels, metric: 'refunds', high: 0.051 }] },
      {},
      'guardrail refunds',
    ],
    [
      'probabilities off by more than the bound',
      { calibration: { ece: 0.051 } },
      {},
      'calibration error (ECE)',
    ],
    [
      'an ECE that is no number',
      { calibration: { ece: Number.NaN } },
      {},
      'calibration error (ECE)',
    ],
    [
      'a calibration slope out of bounds',
      { calibration: { ece: 0.01, slope: 0.4 } },
      {},
      'calibration slope',
    ],
    [
      'a calibration intercept out of bounds',
      { calibration: { ece: 0.01, intercept: 1.2 } },
      {},
      'calibration intercept',
    ],
    [
      'scores that drifted',
      { drift: { score: shifted, features: [] } },
      {},
      'drift of scores (PSI)',
    ],
    [
      'one feature that drifted',
      {
        drift: {
          score: still,
          features: [
            { feature: 'a', ...still },
            { feature: 'b', ...shifted },
          ],
        },
      },
      {},
      'drift of b (PSI)',
    ],
    [
      'data that failed quality',
      { dataQuality: { passed: false, failures: ['attribution 97 % of 99 %'] } },
      {},
      'data quality',
    ],
  ])('%s keeps the champion, alone', (_, changed, rules, failing) => {
    const report = runGate({ ...GOOD, ...changed }, rules);
    expect(report.verdict).toBe('keep champion');
    const failed = report.checks.filter(({ outcome }) => outcome === 'failed');
    expect(failed.map(({ check }) => check)).toEqual([failing]);
    expect(report.reason).toContain(failed[0].says);
  });

  test.each<[string, keyof GateEvidence, string]>([
    ['guardrails', 'guardrails', 'guardrails not checked'],
    ['calibration', 'calibration', 'calibration not checked'],
    ['drift', 'drift', 'drift not checked'],
    ['data quality', 'dataQuality', 'data quality not checked'],
  ])(
    'without %s there is no verdict, unless the rules do not require it',
    (required, name, reason) => {
      const { [name]: _, ...evidence } = GOOD;
      expect(runGate(evidence)).toMatchObject({ verdict: 'not enough data' });
      expect(runGate(evidence).reason).toContain(reason);
      const others = (['guardrails', 'calibration', 'drift', 'data quality'] as const).filter(
        (one) => one !== required,
      );
      expect(runGate(evidence, { required: others }).verdict).toBe('promote');
    },
  );

  test('no guardrails configured is not the same as guardrails not checked', () => {
    expect(runGate({ ...GOOD, guardrails: [] }).verdict).toBe('promote');
  });

  const refused = { refused: 'the log has no exploration' };

  test.each<[string, GateEvidence, Partial<GateRules>, string, string, string]>([
    [
      'refused: the held-out gain decides',
      { offPolicyGain: refused },
      {},
      'promote',
      'held-out gain',
      'held-out loss falls',
    ],
    [
      'refused, held-out gain touches 0',
      { offPolicyGain: refused, heldOutGain: estimate(0, 400) },
      {},
      'keep champion',
      'held-out gain',
      'the interval is not above 0',
    ],
    [
      'refused, held-out gain may not decide',
      { offPolicyGain: refused },
      { allowHeldOut: false },
      'not enough data',
      'nothing',
      'refused, the log has no exploration, and the held-out gain alone may not decide',
    ],
    [
      'never estimated: the held-out gain decides',
      { offPolicyGain: undefined },
      {},
      'promote',
      'held-out gain',
      'held-out loss falls',
    ],
    [
      'never estimated, held-out gain may not decide',
      { offPolicyGain: undefined },
      { allowHeldOut: false },
      'not enough data',
      'nothing',
      'off-policy gain: not estimated',
    ],
    [
      'an effective sample of a few counts as refused',
      { offPolicyGain: { ...offPolicy, ess: 7 } },
      { allowHeldOut: false },
      'not enough data',
      'nothing',
      'effective sample 7 of 100',
    ],
    [
      'refused, too few sessions held out',
      { offPolicyGain: refused, heldOutGain: estimate(0.02, 29) },
      {},
      'not enough data',
      'nothing',
      '29 of 30 validation sessions',
    ],
    [
      'off-policy decides even where the held-out gain says otherwise',
      { heldOutGain: estimate(-0.2, 400) },
      {},
      'promote',
      'off-policy gain',
      'off-policy gain (DR)',
    ],
  ])('off-policy evaluation %s', (_, changed, rules, verdict, decidedBy, reason) => {
    const { offPolicyGain, ...rest } = { ...GOOD, ...changed };
    const report = runGate({ ...rest, ...(offPolicyGain && { offPolicyGain }) }, rules);
    expect(report).toMatchObject({ verdict, decidedBy });
    expect(report.reason).toContain(reason);
    // The report says so wherever off-policy evaluation could not decide.
    if (decidedBy !== 'off-policy gain') {
      const said = report.checks.find(({ check }) => check === 'off-policy gain');
      expect(['noted', 'missing']).toContain(said?.outcome);
    }
  });

  test('what failed outweighs what is missing', () => {
    const { drift: _, ...evidence } = GOOD;
    const report = runGate({ ...evidence, calibration: { ece: 0.2 } });
    expect(report.verdict).toBe('keep champion');
    expect(report.reason).toContain('drift not checked');
  });

  test('the report survives JSON and reads as a table', () => {
    const report = runGate({ ...GOOD, offPolicyGain: refused, calibration: { ece: 0.2 } });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    const lines = gateText(report).split('\n');
    expect(lines[0]).toMatch(
      /^keep champion: held-out loss falls by 0\.1000 .*; off-policy gain: refused, the log has no exploration; calibration error \(ECE\) 0\.2000, not ≤ 0\.05$/,
    );
    expect(lines[1]).toBe('decided by: held-out gain');
    expect(lines.find((line) => line.includes('(ECE)') && line.startsWith('failed'))).toMatch(
      /^failed {2}calibration error \(ECE\) +0\.2000 +≤ 0\.05 +calibration error/,
    );
    expect(lines.find((line) => line.startsWith('noted'))).toContain(
      'refused, the log has no exploration',
    );
    expect(lines).toHaveLength(3 + report.checks.length);
  });
});

describe('gateOnHeldOutGain, by held-out slates alone', () => {
  test.each([
    ['promotes when the whole interval lies above 0', estimate(0.01, 50), 'promote'],
    ['keeps the champion when the interval touches 0', estimate(0, 50), 'keep champion'],
    [
      'has no verdict on too few sessions, however large the gain',
      estimate(0.09, 29),
      'not enough data',
    ],
    ['has no verdict without an estimate', undefined, 'not enough data'],
  ])('%s', (_, gain, verdict) => {
    expect(gateOnHeldOutGain(gain).verdict).toBe(verdict);
  });
});
