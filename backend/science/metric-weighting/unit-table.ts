/** What units (sessions, users) did, and what they were worth in the long run: what metric weights are learned from. */
export interface UnitTable {
  readonly units: number;
  /** Raw metrics and behaviour: what gets weights. */
  readonly metrics: readonly NumberColumn[];
  /** What was so before the unit acted (device, hour, segment): taken into account, never weighted. */
  readonly context: readonly Column[];
  /** Long-term value of each unit whose horizon is over. */
  readonly target: NumberColumn;
  /** Arm of each unit, where they were in an experiment: `arms.names[arms.of[unit]]`, the control first. */
  readonly arms?: { readonly names: readonly string[]; readonly of: Uint16Array };
  /** When each unit was first seen, epoch ms, where known: the latest are held out. */
  readonly at?: Float64Array;
}

export interface NumberColumn {
  readonly kind: 'number';
  readonly name: string;
  /** NaN where missing. */
  readonly values: Float64Array;
  /** Which way is thought to be good; the sign that a prior weight takes. */
  readonly better?: 'higher' | 'lower';
}

export interface CategoryColumn {
  readonly kind: 'category';
  readonly name: string;
  readonly values: readonly string[];
}

export type Column = NumberColumn | CategoryColumn;

/**
 * One past experiment's effects, a treatment against its control, in control standard deviations of a unit. Several
 * treatments of one experiment have its id: they share a control, and are resampled and left out together.
 */
export interface PastExperiment {
  readonly id: string;
  readonly treatment?: string;
  /** Metric → effect at the moment at which decisions are made. */
  readonly effects: Readonly<Record<string, MeasuredEffect>>;
  /** Effect on the long-term value. */
  readonly target: MeasuredEffect;
  /**
   * Sampling covariance of the errors of `effects`, in their order, and of `target`, last: row-major, symmetric. The same
   * units make early and final effects, so errors are shared, and what is shared foretells nothing. Absent: all errors
   * are taken as unrelated, which only separate units justify.
   */
  readonly covariance?: readonly number[];
}

export interface MeasuredEffect {
  readonly estimate: number;
  readonly standardError: number;
}
