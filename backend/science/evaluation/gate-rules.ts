/** Evidence that the rules may require. */
export type EvidenceKind = 'guardrails' | 'calibration' | 'data quality';

export interface GateRules {
  /**
   * `staged`: visitors decide after the gate, so a challenger is refused only for cause. `direct`: nobody decides after it,
   * so the gain must be shown, and shown to be large where the log does not cover what the challenger would show. That is
   * weaker than what visitors say, because held-out slates are those that the champion chose to show.
   */
  readonly mode: 'staged' | 'direct';
  /** With fewer held-out visitors with a reward, the held-out gain says nothing. */
  readonly minClusters: number;
  /** With a smaller effective sample size, the off-policy estimate counts as refused. */
  readonly minEffectiveSample: number;
  /** With less cover, the off-policy estimate may only refuse a challenger, and never speak for it. */
  readonly minCover: number;
  /**
   * Direct, with less cover, the held-out gain must lie above this, in nats per slate with a reward. Held-out slates tell how
   * well a challenger orders what the champion shows, and nothing of what it would bring up instead: there it errs upwards, as
   * the items that come up are those that it overrates.
   */
  readonly minUncoveredGain: number;
  /**
   * Direct: two-sided error rate of the bound by which the held-out gain is shown.
   */
  readonly alpha: number;
  /** Evidence without which nothing is promoted. */
  readonly required: readonly EvidenceKind[];
  readonly maxEce: number;
  /** The most scoring work, as a multiple of the champion's. */
  readonly maxCost: number;
}

export const DEFAULT_GATE_RULES: GateRules = {
  mode: 'direct',
  minClusters: 30,
  minEffectiveSample: 100,
  minCover: 0.8,
  // What is rewarded gets 5 % more of the probability, e^0.05.
  minUncoveredGain: 0.05,
  alpha: 0.05,
  required: ['calibration', 'data quality'],
  maxEce: 0.05,
  maxCost: 20,
};
