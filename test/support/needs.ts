/**
 * What some tests need and not every machine has: a file beside the checkout, a browser, a GPU, another tool. Where it
 * is absent each of those tests is skipped under its own name, and `why` in that name says what is absent:
 * `test.skipIf(absent)(`name${why}`, …)`.
 */
export interface Needs {
  readonly absent: boolean;
  /** Empty where nothing is absent. */
  readonly why: string;
  /**
   * Names of tests, each with its case, for `test.skipIf(absent).each(…)('%s', …)`. A table that is read from what may
   * be absent has no rows then: one skipped test called `all` stands for them, because a suite without tests fails.
   * @throws Error where the table is there and is empty, so that no test is lost in silence.
   */
  cases<Case>(
    all: string,
    table: readonly Case[],
    nameOf: (one: Case, index: number) => string,
  ): (readonly [name: string, one: Case])[];
}

/** @param reason why the tests cannot run here; empty where they can. */
export function needs(reason: string): Needs {
  const absent = reason !== '';
  const why = absent ? ` (skipped: ${reason})` : '';
  return {
    absent,
    why,
    cases<Case>(
      all: string,
      table: readonly Case[],
      nameOf: (one: Case, index: number) => string,
    ): (readonly [string, Case])[] {
      // A skipped test never looks at its case.
      if (absent) return [[`${all}${why}`, undefined as Case]];
      if (table.length === 0) throw new Error(`there is no case of this: ${all}`);
      return table.map((one, index) => [nameOf(one, index), one]);
    },
  };
}
