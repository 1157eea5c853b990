import { percent } from '../../../shared/text/text.ts';
import type { DriftReport } from './drift.ts';
import type { IntervalEstimate } from '../statistics/interval.ts';

/** The evidence on a challenger. What was not evaluated is left out, and the gate reports it. */
export interface GateEvidence {
  /** Off-policy estimate of challenger minus champion from the champion's log, or why it was refused. */
  readonly offPolicyGain?: OffPolicyGain | { readonly refused: string };
  /** Mean loss of the champion minus mean loss of the challenger per held-out slate, with a clustered interval. */
  readonly heldOutGain?: IntervalEstimate;
  readonly guardrails?: readonly GuardrailInterval[];
  readonly calibration?: {
    readonly ece: number;
    /**
     * Lower bound of its 95 % interval. It is checked instead of the ECE where given, because noise increases an ECE.
     */
    readonly eceLow?: number;
    readonly slope?: number;
    readonly intercept?: number;
  };
  readonly drift?: DriftReport;
  readonly dataQuality?: { readonly passed: boolean; readonly failures: readonly string[] };
  readonly cover?: { readonly share: number; readonly requests: number; readonly k: number };
}

export interface OffPolicyGain {
  readonly estimator: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Effective sample size. */
  readonly ess: number;
}

/** A metric that must not get worse: the 95 % interval of its relative change (0.01 is an increase by 1 %). */
export interface GuardrailInterval {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  readonly low: number;
  readonly high: number;
  /** The margin: −0.02 tolerates a decrease by 2 % (better higher), 0.05 an increase by 5 % (better lower). */
  readonly worstAllowed: number;
}

/** Evidence that the rules may require. */
export type EvidenceKind = 'guardrails' | 'calibration' | 'drift' | 'data quality';

export interface GateRules {
  /** The lower bound of the deciding gain must be above it. */
  readonly minGain: number;
  /** With fewer clusters of held-out slates, the held-out gain cannot decide. */
  readonly minClusters: number;
  /** With a smaller effective sample size, the off-policy estimate counts as refused. */
  readonly minEffectiveSample: number;
  /** Where off-policy evaluation is refused, the held-out gain may decide. */
  readonly allowHeldOut: boolean;
  /** Evidence without which nothing is promoted. */
  readonly required: readonly EvidenceKind[];
  readonly maxEce: number;
  readonly slope: readonly [low: number, high: number];
  readonly intercept: readonly [low: number, high: number];
  /** Limits of the PSI in excess of its expectation without drift. */
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
  /** `missing`: required evidence that is absent; `noted`: it does not affect the verdict. */
  readonly outcome: 'passed' | 'failed' | 'missing' | 'noted';
  readonly figure?: number;
  /** The bound that the figure must satisfy. */
  readonly bound?: string;
  /** The check in words, as part of a sentence. */
  readonly says: string;
}

/** Whether a challenger may be promoted, and why; stored with the run. */
export interface GateReport {
  readonly verdict: 'promote' | 'keep champion' | 'not enough data';
  readonly decidedBy: 'off-policy gain' | 'held-out gain' | 'nothing';
  /** The gain that decided, with its 95 % interval. */
  readonly gain?: { readonly mean: number; readonly low: number; readonly high: number };
  readonly reason: string;
  readonly checks: readonly GateCheck[];
}

/** The gate's verdict on a version, or who forced it. */
export type GateVerdict = Pick<GateReport, 'verdict' | 'reason'>;

/**
 * The gate: a challenger is promoted only if the lower bound of its gain is above the threshold and every check passes.
 * One failed check keeps the champion; otherwise, one missing check means that there is not enough data.
 */
export function runGate(evidence: GateEvidence, changed: Partial<GateRules> = {}): GateReport {
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
  const reasons = new Set([...deciding, ...refusals(evidence, gain), ...failed, ...missing]);
  const reason = [...reasons].map(({ says }) => says).join('; ');
  return {
    verdict,
    decidedBy: gain.decidedBy,
    ...(gain.gain && { gain: gain.gain }),
    reason,
    checks,
  };
}

/** Where the held-out gain decided because off-policy evaluation was refused, the refusal is part of the reason. */
const refusals = ({ offPolicyGain }: GateEvidence, { decidedBy, checks }: GainVerdict) =>
  offPolicyGain !== undefined && decidedBy === 'held-out gain'
    ? checks.filter(({ check }) => check === 'off-policy gain')
    : [];

/** The gate with the held-out gain as its only evidence. */
export const gateOnHeldOutGain = (heldOutGain: IntervalEstimate | undefined): GateReport =>
  runGate({ ...(heldOutGain && { heldOutGain }) }, { required: [] });

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

/** Why the off-policy gain cannot decide; undefined where it can. */
function refusalOf(gain: GateEvidence['offPolicyGain'], rules: GateRules): string | undefined {
  if (gain === undefined) return 'not estimated';
  if ('refused' in gain) return `refused, ${gain.refused}`;
  return gain.ess >= rules.minEffectiveSample
    ? undefined
    : `effective sample ${Math.round(gain.ess)} of ${rules.minEffectiveSample}`;
}

function heldOutCheck(gain: IntervalEstimate | undefined, rules: GateRules): GateCheck {
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
    says: passed ? says : `${says}: the interval is not above ${minGain}`,
  };
}

function guardrailChecks({ guardrails }: GateEvidence, rules: GateRules): GateCheck[] {
  if (guardrails === undefined) return [unchecked('guardrails', rules)];
  return guardrails.map(({ metric, better, low, high, worstAllowed }) => {
    const [figure, sign] = better === 'higher' ? [low, '≥'] : [high, '≤'];
    const passed = better === 'higher' ? low >= worstAllowed : high <= worstAllowed;
    const bound = `${sign} ${change(worstAllowed)}`;
    const range = `${change(low)} to ${change(high)}`;
    const says = `${metric} changes by ${range}${passed ? '' : `: ${change(worstAllowed)} or worse is not ruled out`}`;
    return { check: `guardrail ${metric}`, outcome: passedOr(passed), figure, bound, says };
  });
}

function calibrationChecks({ calibration }: GateEvidence, rules: GateRules): GateCheck[] {
  if (calibration === undefined) return [unchecked('calibration', rules)];
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
  if (drift === undefined) return [unchecked('drift', rules)];
  const check = (name: string, psi: number, most: number) =>
    bounded(`drift of ${name} (PSI)`, psi, psi <= most, `≤ ${most}`);
  return [
    check('scores', drift.score.excess, rules.maxScorePsi),
    ...drift.features.map(({ feature, excess }) => check(feature, excess, rules.maxFeaturePsi)),
  ];
}

function qualityChecks({ dataQuality }: GateEvidence, rules: GateRules): GateCheck[] {
  if (dataQuality === undefined) return [unchecked('data quality', rules)];
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

const unchecked = (check: EvidenceKind, rules: GateRules): GateCheck => ({
  check,
  outcome: rules.required.includes(check) ? 'missing' : 'noted',
  says: `${check} not checked`,
});

const signed = (value: number): string => `${value >= 0 ? '+' : ''}${value.toFixed(4)}`;
const interval = (low: number, high: number): string =>
  `(95 %: ${low.toFixed(4)} to ${high.toFixed(4)})`;
const change = (share: number): string => percent(share, { digits: 2, signed: true });
