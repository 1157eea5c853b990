import { table } from '../../../shared/text/text.ts';
import { percentText, numberText, signedNumber, intervalText } from './number-text.ts';
import type { Unavailable } from '../statistics/unavailable.ts';
import type { ResultData } from './result-data.ts';

/** The weighted sum of effects, and a table of its terms. */
export function resultDataText(found: ResultData | Unavailable): string {
  if (found.kind === 'no-answer') return `resultData: ${found.message}`;
  const { value, sequential, fixed, fromWeights, terms, abstains } = found;
  const lines = [
    `resultData ${signedNumber(value)}, ${intervalText(sequential.low, sequential.high)} always valid, ${intervalText(fixed.low, fixed.high)} by one look; ${percentText(fromWeights)} of its variance comes from the weights`,
    ...(abstains === undefined ? [] : [`the weights are the prior only: ${abstains}`]),
    table(
      ['metric', 'weight', 'effect', 'deviation', 'normalised', 'weight × normalised'],
      terms.map((term) => [
        term.metric,
        numberText(term.weight),
        signedNumber(term.effect),
        numberText(term.deviation),
        signedNumber(term.normalised),
        signedNumber(term.value),
      ]),
    ),
  ];
  return lines.join('\n');
}
