import { minuteOf } from '../../../shared/text/text.ts';
import { gateText } from '../../science/evaluation/gate-text.ts';
import { offPolicyText } from '../../science/evaluation/off-policy/report-text.ts';
import { comparisonText, rankingText } from '../../science/evaluation/ranking-text.ts';
import type { VersionEvaluation } from './evaluate-version.ts';

/** The evaluation as text: the verdict first, then the figures behind it. */
export function evaluationText(found: VersionEvaluation): string {
  return [
    `${found.version} against ${found.against}, on ${found.rankings} rankings since ${minuteOf(found.heldFrom)} UTC that neither learned from`,
    gateText(found.gate),
    'The measures below are of the clicks as they came, and the slot itself earns clicks: they favour the order that was shown. The gate does not use them.',
    `${found.version} minus ${found.against}\n${comparisonText(found.comparisons)}`,
    `${found.against}\n${rankingText(found.champion)}`,
    `${found.version}\n${rankingText(found.challenger)}`,
    ...(found.offPolicy ? [`off-policy\n${offPolicyText(found.offPolicy)}`] : []),
  ].join('\n\n');
}
