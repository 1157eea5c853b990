import type { DriftReport } from './drift.ts';
import type { Estimate } from '../statistics/interval.ts';

/** What speaks for and against a challenger. What was not looked at is left out; the gate says so. */
export interface GateEvidence {
  /** Challenger minus champion from the champion's own log, or why it could not be told. */
  readonly offPolicyGain?: OffPolicyGain | { readonly refused: string };
  /** Mean loss of the champion minus that of the challenger per held-out slate, clustered. */
  readonly heldOutGain?: Estimate;
  readonly guardrails?: readonly Guardrail[];
  readonly calibration?: {
    readonly ece: number;
    /** Of its 95 % interval: noise alone raises an ECE, so this is what is judged where it is given. */
    readonly eceLow?: number;
    readonly slope?: number;
    readonly intercept?: number;
  };
  readonly drift?: DriftReport;
  readonly dataQuality?: { readonly passed: boolean; readonly failures: readonly string[] };
}

export interface OffPolicyGain {
  readonly estimator: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Effective sample size. */
  readonly ess: number;
}

/** A metric that must not get worse: its relative change (0.01 = up by 1 %) with its 95 % interval. */
export interface Guardrail {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  readonly low: number;
  readonly high: number;
  /** −0.02: a fall by 2 % at most (better higher); 0.05: a rise by 5 % at most (better lower). */
  readonly worstAllowed: number;
}

export type Evidence = 'guardrails' | 'calibration' | 'drift' | 'data quality';

export interface GateRules {
  /** The lower bound of the deciding gain must lie above it. */
  readonly minGain: number;
  /** With fewer clusters in the held-out slates they decide nothing. */
  readonly minClusters: number;
  /** With a smaller effective sample size the off-policy estimate counts as refused. */
  readonly minEffectiveSample: number;
  /** Where off-policy evaluation is refused, the held-out gain may decide. */
  readonly allowHeldOut: boolean;
  /** Evidence without which nothing is promoted. */
  readonly required: readonly Evidence[];
  readonly maxEce: number;
  readonly slope: readonly [low: number, high: number];
  readonly intercept: readonly [low: number, high: number];
  /** Of the PSI that lies above chance. */
  readonly maxScorePsi: number;
  readonly maxFeaturePsi: number;
}

export const DEFAULT_GATE_RULES: GateRules = {
  minGain: 0,
  minClusters: 30,
  minEffectiveSample: 100,
  allowHeldOut: true,
  required: ['guardrails', 'calibration', 'drift', 'data quality'],
  maxEce: 0.05,
  slope: [0.5, 2],
  intercept: [-1, 1],
  maxScorePsi: 0.25,
  maxFeaturePsi: 0.25,
};

/** One line of the report. */
export interface GateCheck {
  readonly check: string;
  /** `missing`: evidence that is required and not there; `noted`: it decides nothing. */
  readonly outcome: 'passed' | 'failed' | 'missing' | 'noted';
  readonly figure?: number;
  /** What the figure is held to. */
  readonly bound?: string;
  /** The whole of it as a sentence's part. */
  readonly says: string;
}

/** Whether a challenger may go live: one value, stored with the run and readable by a person. */
export interface GateReport {
  readonly verdict: 'promote' | 'keep champion' | 'not enough data';
  readonly decidedBy: 'off-policy gain' | 'held-out gain' | 'nothing';
  /** The gain that decided, with its 95 % interval. */
  readonly gain?: { readonly mean: number; readonly low: number; readonly high: number };
  readonly reason: string;
  readonly checks: readonly GateCheck[];
}

/**
 * A challenger is promoted only if the lower bound of its gain is above the threshold and every check holds.
 * One failed check keeps the champion; else one that is missing leaves the question open.
 */
export function decide(evidence: GateEvidence, changed: Partial<GateRules> = {}): GateReport {
  const rules = { ...DEFAULT_GATE_RULES, ...changed };
  const gain = judgeGain(evidence, rules);
  const checks = [
    ...gain.checks,
    ...guardrailChecks(evidence, rules),
    ...calibrationChecks(evidence, rules),
    ...driftChecks(evidence, rules),
    ...qualityChecks(evidence, rules),
  ];
  const failed = checks.filter(({ outcome }) => outcome === 'failed');
  const missing = checks.filter(({ outcome }) => outcome === 'missing');
  const verdict =
    failed.length > 0 ? 'keep champion' : missing.length > 0 ? 'not enough data' : 'promote';
  const deciding = gain.deciding ? [gain.deciding] : [];
  const told = new Set([...deciding, ...refusals(evidence, gain), ...failed, ...missing]);
  const reason = [...told].map(({ says }) => says).join('; ');
  return {
    verdict,
    decidedBy: gain.decidedBy,
    ...(gain.gain && { gain: gain.gain }),
    reason,
    checks,
  };
}

/** That off-policy evaluation was tried and refused is part of why something else decided. */
const refusals = ({ offPolicyGain }: GateEvidence, { decidedBy, checks }: GainVerdict) =>
  offPolicyGain !== undefined && decidedBy === 'held-out gain'
    ? checks.filter(({ check }) => check === 'off-policy gain')
    : [];

/** The gate with held-out slates as its only evidence. */
export const judge = (heldOutGain: Estimate | undefined): GateReport =>
  decide({ ...(heldOutGain && { heldOutGain }) }, { required: [] });

interface GainVerdict {
  readonly decidedBy: GateReport['decidedBy'];
  readonly gain?: GateReport['gain'];
  readonly deciding?: GateCheck;
  readonly checks: readonly GateCheck[];
}

function judgeGain({ offPolicyGain, heldOutGain }: GateEvidence, rules: GateRules): GainVerdict {
  const refusal = refusalOf(offPolicyGain, rules);
  if (refusal === undefined) {
    const { mean, low, high, ess, estimator } = offPolicyGain as OffPolicyGain;
    const says = `off-policy gain (${estimator}) of ${signed(mean)} ${interval(low, high)}, effective sample ${Math.round(ess)}`;
    const deciding = gainCheck('off-policy gain', low, says, rules);
    const checks = heldOutGain
      ? [deciding, { ...heldOutCheck(heldOutGain, rules), outcome: 'noted' as const }]
      : [deciding];
    return { decidedBy: 'off-policy gain', gain: { mean, low, high }, deciding, checks };
  }
  const refused: GateCheck = {
    check: 'off-policy gain',
    outcome: rules.allowHeldOut ? 'noted' : 'missing',
    says: rules.allowHeldOut
      ? `off-policy gain: ${refusal}`
      : `off-policy gain: ${refusal}, and the held-out gain alone may not decide`,
  };
  const heldOut = heldOutCheck(heldOutGain, rules);
  if (!rules.allowHeldOut) {
    const checks = heldOutGain ? [refused, { ...heldOut, outcome: 'noted' as const }] : [refused];
    return { decidedBy: 'nothing', checks };
  }
  if (heldOutGain === undefined || heldOut.outcome === 'missing') {
    return { decidedBy: 'nothing', checks: [refused, heldOut] };
  }
  const { mean, low, high } = heldOutGain;
  return {
    decidedBy: 'held-out gain',
    gain: { mean, low, high },
    deciding: heldOut,
    checks: [refused, heldOut],
  };
}

/** Why there is no off-policy gain to go by; undefined where there is. */
function refusalOf(gain: GateEvidence['offPolicyGain'], rules: GateRules): string | undefined {
  if (gain === undefined) return 'not estimated';
  if ('refused' in gain) return `refused, ${gain.refused}`;
  return gain.ess >= rules.minEffectiveSample
    ? undefined
    : `effective sample ${Math.round(gain.ess)} of ${rules.minEffectiveSample}`;
}

function heldOutCheck(gain: Estimate | undefined, rules: GateRules): GateCheck {
  if (gain === undefined || !(gain.clusters >= rules.minClusters)) {
    return {
      check: 'held-out gain',
      outcome: 'missing',
      says: `${gain?.clusters ?? 0} of ${rules.minClusters} validation sessions with a reward`,
    };
  }
  const { mean, low, high } = gain;
  const says = `held-out loss falls by ${mean.toFixed(4)} per slate ${interval(low, high)}`;
  return gainCheck('held-out gain', low, says, rules);
}

function gainCheck(check: string, low: number, says: string, { minGain }: GateRules): GateCheck {
  const passed = low > minGain;
  return {
    check,
    outcome: passed ? 'passed' : 'failed',
    figure: low,
    bound: `> ${minGain}`,
    says: passed ? says : `${says}: the interval does not lie above ${minGain}`,
  };
}

function guardrailChecks({ guardrails }: GateEvidence, rules: GateRules): GateCheck[] {
  if (guardrails === undefined) return [absent('guardrails', rules)];
  return guardrails.map(({ metric, better, low, high, worstAllowed }) => {
    const [figure, sign] = better === 'higher' ? [low, '≥'] : [high, '≤'];
    const passed = better === 'higher' ? low >= worstAllowed : high <= worstAllowed;
    const bound = `${sign} ${percent(worstAllowed)}`;
    const range = `${percent(low)} to ${percent(high)}`;
    const says = `${metric} changes by ${range}${passed ? '' : `: ${percent(worstAllowed)} or worse is not ruled out`}`;
    return { check: `guardrail ${metric}`, outcome: passedOr(passed), figure, bound, says };
  });
}

function calibrationChecks({ calibration }: GateEvidence, rules: GateRules): GateCheck[] {
  if (calibration === undefined) return [absent('calibration', rules)];
  const { ece, eceLow, slope, intercept } = calibration;
  const within = (
    name: string,
    figure: number | undefined,
    [low, high]: readonly [number, number],
  ) =>
    figure === undefined
      ? []
      : [
          bounded(
            `calibration ${name}`,
            figure,
            low <= figure && figure <= high,
            `${low} to ${high}`,
          ),
        ];
  return [
    bounded(
      eceLow === undefined ? 'calibration error (ECE)' : 'calibration error (ECE, lower bound)',
      eceLow ?? ece,
      (eceLow ?? ece) <= rules.maxEce,
      `≤ ${rules.maxEce}`,
    ),
    ...within('slope', slope, rules.slope),
    ...within('intercept', intercept, rules.intercept),
  ];
}

function driftChecks({ drift }: GateEvidence, rules: GateRules): GateCheck[] {
  if (drift === undefined) return [absent('drift', rules)];
  const check = (name: string, psi: number, most: number) =>
    bounded(`drift of ${name} (PSI)`, psi, psi <= most, `≤ ${most}`);
  return [
    check('scores', drift.score.excess, rules.maxScorePsi),
    ...drift.features.map(({ feature, excess }) => check(feature, excess, rules.maxFeaturePsi)),
  ];
}

function qualityChecks({ dataQuality }: GateEvidence, rules: GateRules): GateCheck[] {
  if (dataQuality === undefined) return [absent('data quality', rules)];
  const { passed, failures } = dataQuality;
  const says = passed ? 'data passed quality' : `data failed quality: ${failures.join(', ')}`;
  return [
    {
      check: 'data quality',
      outcome: passedOr(passed),
      figure: failures.length,
      bound: 'no failure',
      says,
    },
  ];
}

const passedOr = (passed: boolean) => (passed ? ('passed' as const) : ('failed' as const));

const bounded = (check: string, figure: number, passed: boolean, bound: string): GateCheck => ({
  check,
  outcome: passedOr(passed),
  figure,
  bound,
  says: `${check} ${figure.toFixed(4)}, ${passed ? '' : 'not '}${bound}`,
});

const absent = (check: Evidence, rules: GateRules): GateCheck => ({
  check,
  outcome: rules.required.includes(check) ? 'missing' : 'noted',
  says: `${check} not looked at`,
});

const signed = (value: number): string => `${value >= 0 ? '+' : ''}${value.toFixed(4)}`;
const interval = (low: number, high: number): string =>
  `(95 %: ${low.toFixed(4)} to ${high.toFixed(4)})`;
const percent = (share: number): string => `${share > 0 ? '+' : ''}${(100 * share).toFixed(2)} %`;
