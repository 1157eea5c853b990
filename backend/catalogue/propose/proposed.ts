import type { FeatureSpec } from '../../../shared/features/kinds/index.ts';

/** A feature as a schema file writes it; what parsing fills in is left out. */
export type FeatureEntry = Omit<FeatureSpec, 'sizes'> & Readonly<Record<string, unknown>>;

/** A feature with what its buckets are worth before anything is learned. */
export interface Proposed {
  readonly feature: FeatureEntry;
  readonly points?: readonly number[];
  readonly monotone?: 'increasing' | 'decreasing';
}

/** What is proposed of one column, or of one path of them. */
export interface Features {
  readonly column: string;
  /** Lower ones are kept where there are too many. */
  readonly order: number;
  readonly use: string;
  readonly proposed: readonly Proposed[];
}

/** Of a category: what there is more of is told apart least, and is "another". */
export const MOST_VALUES = 40;
/** Of a number that is no price, and of dates. */
export const OTHER_BINS = 4;
