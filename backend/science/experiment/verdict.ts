import type { ArmComparison, MetricReport, Verdict } from './experiment-report.ts';
import type { SrmCheck } from '../statistics/srm.ts';
import { type Unavailable, notEnoughData, type Unit } from '../statistics/unavailable.ts';
import { percentText, signedNumber, intervalText } from './number-text.ts';

export interface VerdictOptions {
  readonly alpha: number;
  readonly minimumPerArm: number;
  readonly unit: Unit;
}

/**
 * The verdict of one comparison. In this order: not enough data, in doubt (sample ratio mismatch), harmful (a broken
 * guardrail), then better or worse: by `resultData` where there are metric weights for what is measured, else by the
 * metrics' adjusted p-values: an experiment that measures the long-term value itself needs no weights to foretell it.
 * Only always-valid tests are used, so it may be read daily.
 * @param fewest units in the smaller arm.
 */
export function verdictOf(
  comparison: Omit<ArmComparison, 'verdict'>,
  srm: SrmCheck | Unavailable,
  fewest: number,
  { alpha, minimumPerArm, unit }: VerdictOptions,
): Verdict {
  const { treatment } = comparison;
  if (fewest < minimumPerArm) {
    return {
      kind: 'not-enough-data',
      sentence: notEnoughData(fewest, minimumPerArm, unit).message,
    };
  }
  if (srm.kind === 'srm' && srm.mismatch) {
    return {
      kind: 'in-doubt',
      sentence: `no verdict on ${treatment}: the arms' sizes do not match their traffic (p = ${srm.pValue.toPrecision(2)})`,
    };
  }
  for (const { metric, margin, found } of comparison.guardrails) {
    if (found.kind === 'guardrail' && found.verdict === 'broken') {
      return {
        kind: 'harmful',
        sentence: `${treatment} is harmful: ${metric} is at least ${percentText(found.leastHarm)} worse, and ${percentText(margin)} is tolerated`,
      };
    }
  }
  const { resultData } = comparison;
  const isWeighed =
    resultData !== undefined &&
    !(resultData.kind === 'no-answer' && resultData.reason === 'no-weights');
  const verdict = isWeighed
    ? byResultData(resultData, treatment)
    : byMetrics(comparison.metrics, treatment, alpha);
  return verdict.kind === 'better'
    ? { ...verdict, sentence: `${verdict.sentence}${openGuardrails(comparison)}` }
    : verdict;
}

function byResultData(found: NonNullable<ArmComparison['resultData']>, treatment: string): Verdict {
  if (found.kind === 'no-answer') return { kind: 'undecided', sentence: found.message };
  const { low, high } = found.sequential;
  const value = `resultData ${signedNumber(found.value)} (${intervalText(low, high)}, always valid)`;
  if (low > 0) return { kind: 'better', sentence: `${treatment} is better: ${value}` };
  if (high < 0) return { kind: 'worse', sentence: `${treatment} is worse: ${value}` };
  return { kind: 'undecided', sentence: `no difference found yet: ${value}` };
}

function byMetrics(metrics: readonly MetricReport[], treatment: string, alpha: number): Verdict {
  const significant = metrics.flatMap(({ metric, better, found }) => {
    if (found.kind === 'no-answer' || found.adjusted.sequential >= alpha) return [];
    const isGood = found.absolute.estimate > 0 === (better === 'higher');
    return [{ metric, isGood }];
  });
  const good = significant.filter(({ isGood }) => isGood).map(({ metric }) => metric);
  const bad = significant.filter(({ isGood }) => !isGood).map(({ metric }) => metric);
  if (good.length > 0 && bad.length > 0) {
    return {
      kind: 'mixed',
      sentence: `${treatment} is better on ${good.join(', ')} and worse on ${bad.join(', ')}`,
    };
  }
  if (good.length > 0) {
    return { kind: 'better', sentence: `${treatment} is better on ${good.join(', ')}` };
  }
  if (bad.length > 0) {
    return { kind: 'worse', sentence: `${treatment} is worse on ${bad.join(', ')}` };
  }
  const [first] = metrics;
  const unread = metrics.every(({ found }) => found.kind === 'no-answer');
  return {
    kind: 'undecided',
    sentence:
      unread && first?.found.kind === 'no-answer'
        ? `nothing can be read of ${treatment} yet: ${first.metric}: ${first.found.message}`
        : `no difference found yet between ${treatment} and control`,
  };
}

/** Names the guardrails that are not yet known to be kept: an improvement may be used only once they are. */
function openGuardrails({ guardrails }: Omit<ArmComparison, 'verdict'>): string {
  const names = guardrails
    .filter(({ found }) => found.kind === 'no-answer' || found.verdict === 'open')
    .map(({ metric }) => metric);
  return names.length === 0 ? '' : `; guardrails not yet known to be kept: ${names.join(', ')}`;
}
