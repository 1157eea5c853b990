import { count, percent } from '../../../shared/text/text.ts';
import { normalQuantile } from '../statistics/distributions.ts';
import type { IntervalEstimate } from '../statistics/interval.ts';
import type { Cover } from './cover.ts';

/** The evidence on a challenger. What was not evaluated is left out, and the gate reports it. */
export interface GateEvidence {
  /** Off-policy estimate of challenger minus champion from the champion's log, or why it was refused. */
  readonly offPolicyGain?: OffPolicyGain | { readonly refused: string };
  /** Mean loss of the champion minus mean loss of the challenger per held-out slate, with a clustered interval. */
  readonly heldOutGain?: IntervalEstimate;
  /** Rankings that all of this comes from, learned from or held out. */
  readonly rankings?: number;
  /** How much of the challenger's slates the champion's log could have shown. */
  readonly cover?: Cover;
  readonly guardrails?: readonly GuardrailInterval[];
  /** Of the challenger, on the rankings that it learned from. */
  readonly calibration?: Calibration;
  /** How many of the challenger's scores are no finite number. */
  readonly notFinite?: number;
  /** Scoring work per request (see `scoringWork`). */
  readonly cost?: { readonly challenger: number; readonly champion: number };
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

interface Calibration {
  readonly ece: number;
  /**
   * Lower bound of its 95 % interval. It is checked instead of the ECE where given, because noise increases an ECE.
   */
  readonly eceLow?: number;
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
export type EvidenceKind = 'guardrails' | 'calibration' | 'data quality';

export interface GateRules {
  /**
   * `staged`: visitors decide after the gate, so a challenger is refused only for cause. `direct`: nobody decides after it,
   * so the gain must be shown, and shown to be large where the log does not cover what the challenger would show. That is
   * weaker than what visitors say, because held-out slates are those that the champion chose to show.
   */
  readonly mode: 'staged' | 'direct';
  /** With fewer clusters of held-out slates, the held-out gain says nothing. */
  readonly minClusters: number;
  /** With a smaller effective sample size, the off-policy estimate counts as refused. */
  readonly minEffectiveSample: number;
  /** With less cover, the off-policy estimate may only refuse a challenger, and never speak for it. */
  readonly minCover: number;
  /**
   * Direct, with less cover, the held-out gain must lie above this, in nats per slate with a reward. Held-out slates tell how
   * well a challenger orders what the champion shows, and nothing of what it would bring up instead: there it errs upwards, as
   * the items that come up are those that it overrates.
   */
  readonly minUncoveredGain: number;
  /** Evidence without which nothing is promoted. */
  readonly required: readonly EvidenceKind[];
  readonly maxEce: number;
  /** The most scoring work, as a multiple of the champion's. */
  readonly maxCost: number;
}

export const DEFAULT_GATE_RULES: GateRules = {
  mode: 'direct',
  minClusters: 30,
  minEffectiveSample: 100,
  minCover: 0.8,
  // What is rewarded gets 5 % more of the probability, e^0.05.
  minUncoveredGain: 0.05,
  required: ['calibration', 'data quality'],
  maxEce: 0.05,
  maxCost: 20,
};

/** One line of the report. */
export interface GateCheck {
  readonly check: string;
  /** `missing`: required evidence that is absent or undecided; `noted`: it does not affect the verdict. */
  readonly outcome: 'passed' | 'failed' | 'missing' | 'noted';
  readonly figure?: number;
  /** The bound that the figure must satisfy. */
  readonly bound?: string;
  /** The check in words, as part of a sentence. */
  readonly says: string;
}

/** Whether a challenger may go on, and why; stored with the run. */
export interface GateReport {
  /** `promote`: visitors may be shown it; staged, they then decide. */
  readonly verdict: 'promote' | 'keep champion' | 'not enough data';
  /** `checks`: something that is required failed; `nothing`: nothing speaks for or against it. */
  readonly decidedBy: 'off-policy gain' | 'held-out gain' | 'checks' | 'nothing';
  /** The gain that decided, with its 95 % interval. */
  readonly gain?: { readonly mean: number; readonly low: number; readonly high: number };
  /** One sentence. */
  readonly reason: string;
  readonly checks: readonly GateCheck[];
  /** Where data were too few: how many more rankings of the same kind would likely do. */
  readonly moreRankings?: number;
}

/** The gate's verdict on a version, or who forced it. */
export type GateVerdict = Pick<GateReport, 'verdict' | 'reason'>;

/**
 * The gate. One failed check keeps the champion; otherwise, one missing check means that there is not enough data.
 * Staged, the held-out gain fails only where no part of its interval lies above 0, and the off-policy gain where all of it lies
 * below: what is uncertain offline is for visitors to decide.
 * Direct, the held-out gain must lie above 0 as a whole, or without cover above `minUncoveredGain`, and the off-policy gain must
 * not lie below 0 as a whole.
 */
export function runGate(evidence: GateEvidence, changed: Partial<GateRules> = {}): GateReport {
  const rules = { ...DEFAULT_GATE_RULES, ...changed };
  const heldOut = heldOutCheck(evidence, rules);
  const offPolicy = offPolicyCheck(evidence, rules);
  const checks = [
    heldOut,
    offPolicy,
    ...coverChecks(evidence, rules),
    ...guardrailChecks(evidence, rules),
    ...scoreChecks(evidence),
    ...calibrationChecks(evidence, rules),
    ...costChecks(evidence, rules),
    ...qualityChecks(evidence, rules),
  ];
  const failed = checks.filter(({ outcome }) => outcome === 'failed');
  const missing = checks.filter(({ outcome }) => outcome === 'missing');
  const verdict =
    failed.length > 0 ? 'keep champion' : missing.length > 0 ? 'not enough data' : 'promote';
  const by = decidedBy(failed, missing, { heldOut, offPolicy }, evidence, rules);
  const gain =
    by === 'held-out gain'
      ? evidence.heldOutGain
      : by === 'off-policy gain'
        ? (evidence.offPolicyGain as OffPolicyGain)
        : undefined;
  const more = verdict === 'not enough data' ? moreRankings(evidence, rules) : undefined;
  return {
    verdict,
    decidedBy: by,
    ...(gain && { gain: { mean: gain.mean, low: gain.low, high: gain.high } }),
    reason:
      verdict === 'promote'
        ? promotion(by, { heldOut, offPolicy }, rules)
        : [
            ...[...failed, ...missing].map(({ says }) => says),
            ...(more === undefined ? [] : [`about ${count(more)} more rankings would likely do`]),
          ].join('; '),
    checks,
    ...(more !== undefined && { moreRankings: more }),
  };
}

interface GainChecks {
  readonly heldOut: GateCheck;
  readonly offPolicy: GateCheck;
}

function decidedBy(
  failed: readonly GateCheck[],
  missing: readonly GateCheck[],
  { heldOut, offPolicy }: GainChecks,
  { heldOutGain, offPolicyGain }: GateEvidence,
  rules: GateRules,
): GateReport['decidedBy'] {
  if (failed.some((check) => check !== heldOut && check !== offPolicy)) return 'checks';
  if (failed.includes(heldOut)) return 'held-out gain';
  if (failed.includes(offPolicy)) return 'off-policy gain';
  if (missing.length > 0) return 'nothing';
  if (heldOutGain !== undefined && heldOutGain.low > ALL_BUT_0) return 'held-out gain';
  // Direct, only the held-out gain may speak for a challenger, so this is of a staged one.
  const known = offPolicyGain && !('refused' in offPolicyGain) ? offPolicyGain : undefined;
  return rules.mode === 'staged' && offPolicy.outcome === 'passed' && above(known?.low)
    ? 'off-policy gain'
    : 'nothing';
}

function promotion(
  by: GateReport['decidedBy'],
  { heldOut, offPolicy }: GainChecks,
  { mode }: GateRules,
): string {
  const shown = by === 'off-policy gain' ? offPolicy.says : heldOut.says;
  if (mode === 'direct') return shown;
  return by === 'nothing'
    ? `nothing speaks against it, and visitors decide: ${shown}`
    : `${shown}, and visitors decide`;
}

/** With 80 % probability a gain of the estimated size is significant (5 %, two-sided) at `(2.80 · error / gain)²` times the data, counted from what it has to exceed. */
const LIKELY = normalQuantile(0.975) + normalQuantile(0.8);

/** @returns undefined where no number of rankings of this kind is known to do. */
function moreRankings(evidence: GateEvidence, rules: GateRules): number | undefined {
  const { heldOutGain, rankings } = evidence;
  const { mode, minClusters } = rules;
  if (heldOutGain === undefined || !(heldOutGain.clusters > 0) || !(rankings! > 0))
    return undefined;
  const { mean, low, high, clusters } = heldOutGain;
  const error = (high - low) / 2 / normalQuantile(0.975);
  const over = mean - (mode === 'direct' ? leastHeldOut(evidence, rules) : 0);
  const times =
    clusters < minClusters
      ? minClusters / clusters
      : over > 0
        ? (LIKELY * error) ** 2 / over ** 2
        : 0;
  return times > 1 && Number.isFinite(times) ? roundedUp(rankings! * (times - 1)) : undefined;
}

/** To two digits: the estimate has no more. */
function roundedUp(n: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(n)) - 1);
  return Math.ceil(n / unit) * unit;
}

/**
 * Two scorers that both say nothing about the held-out slates get a scale of almost 0, and then lose all but the same: the
 * interval of such a difference is as narrow as it is small, and may lie above 0.
 */
const ALL_BUT_0 = 1e-4;

/** What a held-out gain has to exceed in direct mode. Without any word on its cover a challenger counts as covered. */
const leastHeldOut = (
  { cover }: Pick<GateEvidence, 'cover'>,
  { minCover, minUncoveredGain }: GateRules,
): number => ((cover?.share ?? 1) < minCover ? minUncoveredGain : ALL_BUT_0);

function heldOutCheck(evidence: GateEvidence, rules: GateRules): GateCheck {
  const { heldOutGain } = evidence;
  const { mode, minClusters } = rules;
  const check = 'held-out gain';
  if (heldOutGain === undefined || !(heldOutGain.clusters >= minClusters)) {
    const says = `${heldOutGain?.clusters ?? 0} of ${minClusters} validation sessions with a reward`;
    return { check, outcome: 'missing', says };
  }
  const { mean, low, high } = heldOutGain;
  const says = `held-out loss falls by ${mean.toFixed(4)} per slate ${interval(low, high)}`;
  const upper = { check, figure: high, bound: `> ${ALL_BUT_0}` };
  // What ranks exactly as the champion does would keep visitors busy with nothing to find.
  if (!Number.isFinite(low) || !(high > ALL_BUT_0))
    return { ...upper, outcome: 'failed', says: `${says}: it is no better` };
  if (mode === 'staged') return { ...upper, outcome: 'passed', says };
  const least = leastHeldOut(evidence, rules);
  const passed = low > least;
  const asked =
    least === rules.minUncoveredGain
      ? `${least}, which is asked where the log covers less than ${percent(rules.minCover, { digits: 0 })} of its top`
      : '0';
  return {
    check,
    outcome: passed ? 'passed' : 'missing',
    figure: low,
    bound: `> ${least}`,
    says: passed ? says : `${says}: the interval is not above ${asked}`,
  };
}

function offPolicyCheck({ offPolicyGain, cover }: GateEvidence, rules: GateRules): GateCheck {
  const check = 'off-policy gain';
  const noted = (why: string): GateCheck => ({
    check,
    outcome: 'noted',
    says: `off-policy gain: ${why}`,
  });
  if (offPolicyGain === undefined) return noted('not estimated');
  if ('refused' in offPolicyGain) return noted(`refused, ${offPolicyGain.refused}`);
  const { estimator, mean, low, high, ess } = offPolicyGain;
  if (!(ess >= rules.minEffectiveSample))
    return noted(`effective sample ${Math.round(ess)} of ${rules.minEffectiveSample}`);
  const says = `off-policy gain (${estimator}) of ${signed(mean)} ${interval(low, high)}, effective sample ${Math.round(ess)}`;
  const bounded = { check, figure: high, bound: '≥ 0' };
  if (!(high >= 0)) return { ...bounded, outcome: 'failed', says: `${says}: it is worse` };
  return (cover?.share ?? 1) < rules.minCover
    ? { ...bounded, outcome: 'noted', says: `${says}, of the covered part only` }
    : { ...bounded, outcome: 'passed', says };
}

function coverChecks({ cover }: GateEvidence, { minCover }: GateRules): GateCheck[] {
  if (cover === undefined) return [];
  const { share, requests, k } = cover;
  const says = `the log covers ${percent(share, { digits: 0 })} of its top ${k.toFixed(k % 1 === 0 ? 0 : 1)} over ${count(requests)} requests`;
  return [
    {
      check: 'cover',
      outcome: 'noted',
      figure: share,
      bound: `≥ ${minCover}`,
      says: share < minCover ? `${says}, so that the off-policy gain may only refuse it` : says,
    },
  ];
}

function guardrailChecks({ guardrails }: GateEvidence, rules: GateRules): GateCheck[] {
  if (guardrails === undefined) return [unchecked('guardrails', rules)];
  return guardrails.map(({ metric, better, low, high, worstAllowed }) => {
    const isStaged = rules.mode === 'staged';
    // Staged, harm must be shown to refuse; direct, it must be ruled out to pass.
    const figure = (better === 'higher') === isStaged ? high : low;
    const passed = better === 'higher' ? figure >= worstAllowed : figure <= worstAllowed;
    const bound = `${better === 'higher' ? '≥' : '≤'} ${change(worstAllowed)}`;
    const range = `${change(low)} to ${change(high)}`;
    const failure = isStaged
      ? `worse than the ${change(worstAllowed)} allowed`
      : `${change(worstAllowed)} or worse is not ruled out`;
    const says = `${metric} changes by ${range}${passed ? '' : `: ${failure}`}`;
    return { check: `guardrail ${metric}`, outcome: passedOr(passed), figure, bound, says };
  });
}

function scoreChecks({ notFinite }: GateEvidence): GateCheck[] {
  if (notFinite === undefined) return [];
  const passed = notFinite === 0;
  const says = passed ? 'all scores are finite' : `${count(notFinite)} scores are no finite number`;
  return [{ check: 'scores', outcome: passedOr(passed), figure: notFinite, bound: '0', says }];
}

function calibrationChecks({ calibration }: GateEvidence, rules: GateRules): GateCheck[] {
  if (calibration === undefined) return [unchecked('calibration', rules)];
  const { ece, eceLow } = calibration;
  return [
    bounded(
      eceLow === undefined ? 'calibration error (ECE)' : 'calibration error (ECE, lower bound)',
      eceLow ?? ece,
      (eceLow ?? ece) <= rules.maxEce,
      `≤ ${rules.maxEce}`,
    ),
  ];
}

function costChecks({ cost }: GateEvidence, { maxCost }: GateRules): GateCheck[] {
  if (cost === undefined) return [];
  const multiple = cost.challenger / cost.champion;
  const passed = multiple <= maxCost;
  const says = `scoring it takes ${multiple.toFixed(1)} × the champion's work${passed ? '' : `, not ≤ ${maxCost} ×`}`;
  return [
    {
      check: 'scoring work',
      outcome: passedOr(passed),
      figure: multiple,
      bound: `≤ ${maxCost}`,
      says,
    },
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
const above = (low: number | undefined): boolean => low !== undefined && low > 0;

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
