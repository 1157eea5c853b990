import { count, minuteOf, percent } from '../../../shared/text/text.ts';
import { belowMinimumsText } from '../../models/below-minimums.ts';
import { gateText } from '../../science/evaluation/gate-text.ts';
import { offPolicyText } from '../../science/evaluation/off-policy/report-text.ts';
import { comparisonText, rankingText } from '../../science/evaluation/ranking-text.ts';
import type { EvaluationCoverage, VersionEvaluation } from './evaluate-version.ts';

/** Of each of the two versions whose training data were not enough, or are not known to have been. */
function dataTexts({ version, against, belowMinimums }: VersionEvaluation): string[] {
  if (belowMinimums === undefined) return [];
  return [
    [version, belowMinimums.version] as const,
    [against, belowMinimums.against] as const,
  ].flatMap(([name, missing]) => {
    const text = belowMinimumsText(missing);
    return text === undefined ? [] : [`${name}: ${text}`];
  });
}

/** The evaluation as text: the verdict first, then the figures behind it. */
export function evaluationText(found: VersionEvaluation): string {
  const { coverage } = found;
  return [
    `${found.version} against ${found.against}, on ${found.rankings} rankings since ${minuteOf(found.heldFrom)} UTC that neither learned from`,
    ...(coverage ? [coverageText(coverage)] : []),
    ...dataTexts(found),
    gateText(found.gate),
    'The measures below are of the clicks as they came, and the slot itself earns clicks: they favour the order that was shown. The gate does not use them.',
    `${found.version} minus ${found.against}\n${comparisonText(found.comparisons)}`,
    `${found.against}\n${rankingText(found.champion)}`,
    `${found.version}\n${rankingText(found.challenger)}`,
    ...(found.offPolicy ? [`off-policy\n${offPolicyText(found.offPolicy)}`] : []),
  ].join('\n\n');
}

/** What share of the held-out log the figures are of. */
function coverageText(coverage: EvaluationCoverage): string {
  const of = (used: number, all: number) =>
    `${count(used)} of ${count(all)}${all === 0 ? '' : ` (${percent(used / all, { digits: 1 })})`}`;
  return [
    `coverage: ${of(coverage.rewarded, coverage.rankings)} rankings and ${of(coverage.rewardedCandidates, coverage.candidates)} candidates have a reward in their ranking, which the measures need;`,
    ...(coverage.overLimits
      ? [
          `${count(coverage.overLimits)} more rankings are left out, beyond what one person or item may weigh;`,
        ]
      : []),
    `the off-policy estimate could use ${of(coverage.offPolicy, coverage.served)} rankings that the champion drew itself`,
  ].join(' ');
}
