import { count, percent } from '../../../shared/text/text.ts';
import type { PairedComparison } from '../statistics/paired-comparison.ts';
import type { RankingEvaluation, SlateMeasure } from './evaluate-ranking.ts';
import type { IntervalEstimate } from '../statistics/interval.ts';

type Measure = keyof RankingEvaluation['measures'];

const NAMES = {
  mrr: 'MRR',
  ndcg10: 'NDCG@10',
  map: 'MAP',
  hit1: 'hit@1',
  hit10: 'hit@10',
  slateAuc: 'AUC in a slate',
  auc: 'AUC',
  logLoss: 'log loss',
  brier: 'Brier',
  diversity10: 'diversity@10',
} satisfies Record<Measure, string>;

/** A table for people, with one line per metric and its 95 % interval. */
export function rankingText({
  slates,
  rewarded,
  rows,
  measures,
  coverage10,
  calibratedOn,
  calibration,
}: RankingEvaluation): string {
  const known: [string, string][] = (Object.keys(NAMES) as Measure[]).map((name) => [
    NAMES[name],
    estimateText(measures[name]),
  ]);
  if (coverage10 !== undefined) known.push(['coverage@10', percent(coverage10, { digits: 1 })]);
  if (calibration !== undefined) {
    const { ece, eceLow, eceHigh, mce, line } = calibration;
    const range =
      eceLow === undefined ? '' : ` (${eceLow.toFixed(4)} to ${(eceHigh ?? ece).toFixed(4)})`;
    known.push(['ECE', `${ece.toFixed(4)}${range}`], ['largest gap', mce.toFixed(4)]);
    if (line !== undefined) {
      known.push([
        'calibration',
        `log-odds ${line.intercept.toFixed(3)} + ${line.slope.toFixed(3)} × predicted`,
      ]);
    }
  }
  return [
    `${rewarded} of ${slates} slates have a reward, ${rows} items shown`,
    ...known.map(([name, value]) => `${name.padEnd(WIDTH)}${value}`),
    ...(measures.logLoss === undefined
      ? ['no log loss: there is no calibration, and no earlier ranking with a reward to fit one on']
      : calibratedOn === undefined
        ? []
        : [
            `log loss, Brier and ECE: points set by hand, calibrated (Platt scaling) on ${count(calibratedOn)} earlier rankings`,
          ]),
  ].join('\n');
}

/** A table for people of the paired differences, with both intervals. */
export function comparisonText(
  comparisons: Readonly<Record<SlateMeasure, PairedComparison>>,
): string {
  const lines = Object.entries(comparisons).map(([name, comparison]) => {
    const label = NAMES[name as SlateMeasure].padEnd(WIDTH);
    if (comparison.kind === 'not enough data') return `${label}– ${comparison.reason}`;
    const { bootstrap, p, mean } = comparison;
    const sign = mean >= 0 ? '+' : '';
    return `${label}${sign}${estimateText(comparison)}, p ${p < 1e-4 ? '< 0.0001' : p.toFixed(4)}, bootstrap ${bootstrap.low.toFixed(4)} to ${bootstrap.high.toFixed(4)}`;
  });
  return lines.join('\n');
}

const WIDTH = 16;

const estimateText = (estimate: IntervalEstimate | undefined): string =>
  estimate === undefined
    ? '–'
    : `${estimate.mean.toFixed(4)} (${estimate.low.toFixed(4)} to ${estimate.high.toFixed(4)})`;
