import { count } from '../../../shared/text/text.ts';
import { causeChecks } from './gate-cause-checks.ts';
import type { GateEvidence, OffPolicyGain } from './gate-evidence.ts';
import { ALL_BUT_0, coverChecks, heldOutCheck, offPolicyCheck } from './gate-gain-checks.ts';
import { moreRankings } from './gate-more-rankings.ts';
import type { GateCheck, GateReport } from './gate-report.ts';
import { DEFAULT_GATE_RULES, type GateRules } from './gate-rules.ts';

/**
 * The gate. One failed check keeps the champion; otherwise, one missing check means that there is not enough data.
 * Staged, the held-out gain fails only where no part of its interval lies above 0, and the off-policy gain where all of it lies
 * below: what is uncertain offline is for visitors to decide.
 * Direct, the held-out gain must lie above 0 as a whole, or without cover above `minUncoveredGain` unless rewards fell since visitors changed,
 * and the off-policy gain must not lie below 0 as a whole.
 */
export function runGate(evidence: GateEvidence, changed: Partial<GateRules> = {}): GateReport {
  const rules = { ...DEFAULT_GATE_RULES, ...changed };
  const heldOut = heldOutCheck(evidence, rules);
  const offPolicy = offPolicyCheck(evidence, rules);
  const checks = [
    heldOut,
    offPolicy,
    ...coverChecks(evidence, rules),
    ...causeChecks(evidence, rules),
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
  return rules.mode === 'staged' && offPolicy.outcome === 'passed' && (known?.low ?? 0) > 0
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
