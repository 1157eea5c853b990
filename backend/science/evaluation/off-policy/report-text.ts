import { percent } from '../../../../shared/text/text.ts';
import type { IntervalEstimate } from '../../statistics/interval.ts';
import type { OffPolicyReport } from './off-policy-report.ts';
import type { OffPolicyEstimate } from './off-policy-estimate.ts';

const HEAD = [
  'estimator',
  'value',
  '95 % interval',
  'gain',
  '95 % interval',
  'ESS',
  'max w',
  'clipped',
  'top 1 %',
];

/** The report as an aligned table; a refused estimate shows its reason. */
export function offPolicyText({
  unit,
  units,
  logged,
  baseline,
  estimates,
}: OffPolicyReport): string {
  const served =
    logged === undefined
      ? 'nothing to compare with'
      : `${figure(logged.mean)} per ${unit} as served (95 %: ${interval(logged)}; ${logged.clusters} sessions or rows)`;
  const rows = estimates.flatMap((line) => (line.kind === 'estimate' ? [cells(line)] : []));
  const names = estimates.map(({ estimator }) => estimator.length);
  const widths = HEAD.map((title, column) =>
    Math.max(title.length, ...(column === 0 ? names : rows.map((row) => row[column].length))),
  );
  const aligned = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]),
      )
      .join('  ')
      .trimEnd();
  return [
    `${units} logged ${unit}s: ${served}; gain over ${baseline}`,
    aligned(HEAD),
    ...estimates.map((line) =>
      line.kind === 'estimate'
        ? aligned(cells(line))
        : `${line.estimator.padEnd(widths[0])}  refused: ${line.reason}`,
    ),
    ...smallSamples(estimates),
  ].join('\n');
}

/** Which intervals are not Student's, and why. */
function smallSamples(estimates: readonly OffPolicyEstimate[]): string[] {
  const names = estimates.flatMap((line) =>
    line.kind === 'estimate' && line.smallSample ? [line.estimator] : [],
  );
  return names.length === 0
    ? []
    : [
        `${names.join(', ')}: rewards are rare or the effective sample is small; intervals by empirical likelihood (Cressie–Read) or Clopper–Pearson`,
      ];
}

const cells = ({
  estimator,
  value,
  gain,
  weights,
}: Extract<OffPolicyEstimate, { kind: 'estimate' }>): string[] => [
  estimator,
  figure(value.mean),
  interval(value),
  signed(gain.mean),
  `${signed(gain.low)} to ${signed(gain.high)}`,
  weights.effectiveSampleSize.toFixed(0),
  figure(weights.max),
  percent(weights.shareClipped, { digits: 1 }),
  percent(weights.largestPercentShare, { digits: 1 }),
];

const figure = (value: number): string => value.toPrecision(4);
const signed = (value: number): string => (value >= 0 ? '+' : '') + figure(value);
const interval = ({ low, high }: IntervalEstimate): string => `${figure(low)} to ${figure(high)}`;
