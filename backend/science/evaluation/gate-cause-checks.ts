import { count, percent } from '../../../shared/text/text.ts';
import type { GateEvidence } from './gate-evidence.ts';
import type { GateCheck } from './gate-report.ts';
import type { EvidenceKind, GateRules } from './gate-rules.ts';

/** What a challenger is refused for whatever it gains, and what of that was not checked. */
export const causeChecks = (evidence: GateEvidence, rules: GateRules): GateCheck[] => [
  ...guardrailChecks(evidence, rules),
  ...scoreChecks(evidence),
  ...calibrationChecks(evidence, rules),
  ...costChecks(evidence, rules),
  ...qualityChecks(evidence, rules),
];

function guardrailChecks({ guardrails }: GateEvidence, rules: GateRules): GateCheck[] {
  if (guardrails === undefined) return [unchecked('guardrails', rules)];
  return guardrails.map(({ metric, better, low, high, worstAllowed }) => {
    const isStaged = rules.mode === 'staged';
    // Staged, harm must be shown to refuse; direct, it must be ruled out to pass.
    const isUpper = (better === 'higher') === isStaged;
    const figure = isUpper ? high : low;
    const passed = better === 'higher' ? figure >= worstAllowed : figure <= worstAllowed;
    const bound = `${isUpper ? 'upper' : 'lower'} end ${better === 'higher' ? '≥' : '≤'} ${change(worstAllowed)}`;
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
  return [
    {
      check: 'scores',
      outcome: passedOr(passed),
      figure: notFinite,
      bound: 'none that is not finite',
      says,
    },
  ];
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

const change = (share: number): string => percent(share, { digits: 2, signed: true });
