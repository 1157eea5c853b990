/** The metrics, context and long-term value of units (sessions or users), from which metric weights are learned. */
export interface UnitTable {
  readonly units: number;
  /** Metrics, which are to be weighted. */
  readonly metrics: readonly NumberColumn[];
  /** Covariates from before the unit acted (device, hour, segment): adjusted for, never weighted. */
  readonly context: readonly Column[];
  /** Long-term value of each unit; NaN while its horizon has not ended. */
  readonly target: NumberColumn;
  /** Arm of each unit, where they were in an experiment: `arms.names[arms.of[unit]]`, the control first. */
  readonly arms?: { readonly names: readonly string[]; readonly of: Uint16Array };
  /** When each unit was first seen, epoch ms, where known; the latest are held out. */
  readonly at?: Float64Array;
}

export interface NumberColumn {
  readonly kind: 'number';
  readonly name: string;
  /** NaN where missing. */
  readonly values: Float64Array;
  /** The better direction, which gives the sign of the prior weight. */
  readonly better?: 'higher' | 'lower';
  /** The two metrics that it is the product of; see `withProducts`. */
  readonly productOf?: readonly [string, string];
}

export interface CategoryColumn {
  readonly kind: 'category';
  readonly name: string;
  readonly values: readonly string[];
}

export type Column = NumberColumn | CategoryColumn;

/**
 * The effects of one treatment of a past experiment against its control, in standard deviations of the control's units.
 * Treatments of one experiment have the same id: they share a control, and are resampled and left out together.
 */
export interface PastExperiment {
  readonly id: string;
  readonly treatment?: string;
  /** Effect on each metric at the time at which decisions are made. */
  readonly effects: Readonly<Record<string, MeasuredEffect>>;
  /** Effect on the long-term value. */
  readonly target: MeasuredEffect;
  /**
   * Covariance of the sampling errors of `effects`, in their order, and of `target`, last; row-major, symmetric. Early
   * and final effects are measured on the same units, so their errors are correlated, and that correlation is no
   * prediction. Without it errors are taken as independent, which is correct only for separate units.
   */
  readonly covariance?: readonly number[];
}

export interface MeasuredEffect {
  readonly estimate: number;
  readonly standardError: number;
}
