import type { BenchRow } from './row.ts';

/** What one part of the benchmark measured. */
export interface Part {
  readonly rows: readonly BenchRow[];
  /** How it was measured, and what to doubt. */
  readonly notes: readonly string[];
}

/** Tells a person who waits what is going on. */
export type Say = (text: string) => void;
