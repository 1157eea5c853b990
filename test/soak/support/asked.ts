/** One request and what came of it. */
export interface Asked {
  readonly status: number;
  /** What is wrong with the answer; undefined where nothing is. */
  readonly fault: string | undefined;
  /** The request, to be printed. */
  readonly line: () => string;
}
