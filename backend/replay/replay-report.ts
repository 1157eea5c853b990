import { clusteredMean, type IntervalEstimate } from '../science/statistics/interval.ts';
import { hitAt, ndcgAt, reciprocalRank } from '../science/evaluation/ranking-metrics.ts';

export interface PolicyReport {
  readonly policy: string;
  readonly version: string;
  readonly mrr: IntervalEstimate;
  readonly ndcg10: IntervalEstimate;
  readonly hit1: IntervalEstimate;
}

export interface PolicyGain extends IntervalEstimate {
  readonly policy: string;
}

export interface ReplayReport {
  readonly served: { readonly searches: number; readonly clicks: number };
  readonly evaluated: { readonly searches: number; readonly sessions: number };
  readonly policies: readonly PolicyReport[];
  /** MRR of each learned policy minus that of "last viewed first", on the same searches. */
  readonly gains: readonly PolicyGain[];
  /** MRR of each further learned policy minus that of the first learned one, on the same searches. */
  readonly gainsOverFirst: readonly PolicyGain[];
}

/** What each policy earned in each search; all policies have the searches in the same order. */
export interface PolicyOutcome {
  readonly policy: string;
  readonly version: string;
  /** Per search, 1 at the slot of the clicked item, 0 elsewhere. */
  readonly gains: readonly (readonly number[])[];
}

/** @param session one session number per search: intervals allow for searches of one session being alike. */
export function reportPolicy(outcome: PolicyOutcome, session: readonly number[]): PolicyReport {
  const of = (measure: (gains: readonly number[]) => number) =>
    estimate(
      outcome.gains.map((gains) => measure(gains)),
      session,
    );
  return {
    policy: outcome.policy,
    version: outcome.version,
    mrr: of(reciprocalRank),
    ndcg10: of((gains) => ndcgAt(gains, 10)),
    hit1: of((gains) => hitAt(gains, 1)),
  };
}

export function gainOver(
  learned: PolicyOutcome,
  base: PolicyOutcome,
  session: readonly number[],
): PolicyGain {
  const gain = estimate(
    learned.gains.map((gains, i) => reciprocalRank(gains) - reciprocalRank(base.gains[i])),
    session,
  );
  return { policy: learned.policy, ...gain };
}

function estimate(values: readonly number[], session: readonly number[]): IntervalEstimate {
  const mean = clusteredMean(values, session);
  if (mean === undefined)
    throw new Error(`${values.length} searches of one session are too few to judge by`);
  return mean;
}

export function reportText(report: ReplayReport): string {
  const { served, evaluated, policies, gains, gainsOverFirst } = report;
  const cell = ({ mean, low, high }: IntervalEstimate) =>
    `${mean.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})`;
  const row = (cells: readonly string[]) =>
    cells
      .map((text, i) => text.padEnd([20, 9, 28, 28, 28][i]))
      .join('')
      .trimEnd();
  const against =
    (base: string) =>
    ({ policy, ...gain }: PolicyGain) =>
      `${policy} − ${base}, MRR: ${gain.mean >= 0 ? '+' : ''}${cell(gain)}`;
  return [
    `learned from ${served.searches} searches, judged on ${evaluated.searches} later ones of ${evaluated.sessions} sessions`,
    '',
    row(['policy', 'version', 'MRR (95 %)', 'NDCG@10', 'hit@1']),
    ...policies.map((p) => row([p.policy, p.version, cell(p.mrr), cell(p.ndcg10), cell(p.hit1)])),
    '',
    ...gains.map(against('last viewed first')),
    ...gainsOverFirst.map(against(gains[0]?.policy ?? '')),
  ].join('\n');
}
