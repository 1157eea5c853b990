export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Of `strata`: worlds of each stratum, instead of minutes; of `climbs`: worlds of each kind. */
  readonly worlds?: number;
  /** Of `routes`: how many requests, instead of minutes. */
  readonly inputs?: number;
  /** Of `strata`, `circle`, `climbs` and `bandits`: which ones. */
  readonly strata?: readonly string[];
  /** Of `strata`: a file in which what became of each world is kept from run to run. */
  readonly keep?: string;
  /** Of `circle`: whether weights are learned as people click as well. */
  readonly online?: boolean;
  /** Of `bandits`: the settings of the peer, separated by spaces. */
  readonly peer?: string;
  /** Prints a line of progress. */
  readonly say: (line: string) => void;
}

export interface SoakResult {
  /** What was done and measured, in one line. */
  readonly figures: string;
  /** The same in more detail. */
  readonly table?: string;
  /** What was promised and did not hold; empty after a good run. */
  readonly broken: readonly string[];
}

/** One form of a long test. It ends all that it started, and throws only where it cannot go on. */
export type SoakForm = (options: SoakOptions) => Promise<SoakResult>;

/** The moment, by `performance.now()`, at which a run of so many minutes ends. */
export const endOf = ({ minutes }: Pick<SoakOptions, 'minutes'>): number =>
  performance.now() + minutes * 60_000;
