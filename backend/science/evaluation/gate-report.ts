/** One line of the report. */
export interface GateCheck {
  readonly check: string;
  /** `missing`: required evidence that is absent or undecided; `noted`: it does not affect the verdict. */
  readonly outcome: 'passed' | 'failed' | 'missing' | 'noted';
  readonly figure?: number;
  /** What the figure has to satisfy; of a figure that is an end of an interval, which one. */
  readonly bound?: string;
  /** The check in words, as part of a sentence. */
  readonly says: string;
}

/** Whether a challenger may go on, and why; stored with the run. */
export interface GateReport {
  /** `promote`: visitors may be shown it; staged, they then decide. */
  readonly verdict: 'promote' | 'keep champion' | 'not enough data';
  /** `checks`: something that is required failed; `nothing`: nothing speaks for or against it. */
  readonly decidedBy: 'off-policy gain' | 'held-out gain' | 'checks' | 'nothing';
  /** The gain that decided, with its 95 % interval. */
  readonly gain?: { readonly mean: number; readonly low: number; readonly high: number };
  /** One sentence. */
  readonly reason: string;
  readonly checks: readonly GateCheck[];
  /** Where data were too few: how many more rankings of the same kind would likely do. */
  readonly moreRankings?: number;
}

/** The gate's verdict on a version, or who forced it. */
export type GateVerdict = Pick<GateReport, 'verdict' | 'reason'>;
