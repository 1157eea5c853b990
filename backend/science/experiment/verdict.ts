import type { Comparison, MetricReport, Verdict } from './experiment-report.ts';
import type { SrmCheck } from '../statistics/srm.ts';
import { type NoAnswer, notEnoughData, type Unit } from '../statistics/unavailable.ts';
import { percent, signed, spanned } from './number-text.ts';

export interface VerdictOptions {
  readonly alpha: number;
  readonly minimumPerArm: number;
  readonly unit: Unit;
}

/**
 * What one comparison comes to: in doubt before harmful before better or worse. By `resultData` where there are metric
 * weights, else by the metrics' corrected p-values; always-valid readings only, so that it may be read daily.
 * @param fewest units in the smaller arm.
 */
export function verdictOf(
  comparison: Omit<Comparison, 'verdict'>,
  srm: SrmCheck | NoAnswer,
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
      sentence: `no call on ${treatment}: the arms' sizes do not fit their traffic (p = ${srm.pValue.toPrecision(2)})`,
    };
  }
  for (const { metric, margin, found } of comparison.guardrails) {
    if (found.kind === 'guardrail' && found.verdict === 'broken') {
      return {
        kind: 'harmful',
        sentence: `${treatment} is harmful: ${metric} is at least ${percent(found.leastHarm)} worse, and ${percent(margin)} is borne`,
      };
    }
  }
  const call = comparison.resultData
    ? byResultData(comparison.resultData, treatment)
    : byMetrics(comparison.metrics, treatment, alpha);
  return call.kind === 'better'
    ? { ...call, sentence: `${call.sentence}${open(comparison)}` }
    : call;
}

function byResultData(found: NonNullable<Comparison['resultData']>, treatment: string): Verdict {
  if (found.kind === 'no-answer') return { kind: 'undecided', sentence: found.message };
  const { low, high } = found.sequential;
  const value = `resultData ${signed(found.value)} (${spanned(low, high)}, always valid)`;
  if (low > 0) return { kind: 'better', sentence: `${treatment} is better: ${value}` };
  if (high < 0) return { kind: 'worse', sentence: `${treatment} is worse: ${value}` };
  return { kind: 'undecided', sentence: `no difference found yet: ${value}` };
}

function byMetrics(metrics: readonly MetricReport[], treatment: string, alpha: number): Verdict {
  const told = metrics.flatMap(({ metric, better, found }) => {
    if (found.kind === 'no-answer' || found.adjusted.sequential >= alpha) return [];
    const isGood = found.absolute.estimate > 0 === (better === 'higher');
    return [{ metric, isGood }];
  });
  const good = told.filter(({ isGood }) => isGood).map(({ metric }) => metric);
  const bad = told.filter(({ isGood }) => !isGood).map(({ metric }) => metric);
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
  return {
    kind: 'undecided',
    sentence: `no difference found yet between ${treatment} and control`,
  };
}

/** A gain is no licence while a guardrail is not known to be kept. */
function open({ guardrails }: Omit<Comparison, 'verdict'>): string {
  const names = guardrails
    .filter(({ found }) => found.kind === 'no-answer' || found.verdict === 'open')
    .map(({ metric }) => metric);
  return names.length === 0 ? '' : `; not yet known to be unharmed: ${names.join(', ')}`;
}
