import { table } from '../../../shared/text/text.ts';
import { percent, plain, signed, spanned } from './number-text.ts';
import type { NoAnswer } from '../statistics/unavailable.ts';
import type { ResultData } from './result-data.ts';

/** The weighted sum with its terms, each before the sum. */
export function resultDataText(found: ResultData | NoAnswer): string {
  if (found.kind === 'no-answer') return `resultData: ${found.message}`;
  const { value, sequential, fixed, fromWeights, terms, abstains } = found;
  const lines = [
    `resultData ${signed(value)}, ${spanned(sequential.low, sequential.high)} always valid, ${spanned(fixed.low, fixed.high)} by one look; ${percent(fromWeights)} of its variance is the weights’ own`,
    ...(abstains === undefined ? [] : [`the weights are their prior alone: ${abstains}`]),
    table(
      ['metric', 'weight', 'effect', 'deviation', 'normalised', 'weight × normalised'],
      terms.map((term) => [
        term.metric,
        plain(term.weight),
        signed(term.effect),
        plain(term.deviation),
        signed(term.normalised),
        signed(term.value),
      ]),
    ),
  ];
  return lines.join('\n');
}
