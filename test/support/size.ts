import { inject } from 'vitest';
import { needs } from './needs.ts';

type Size = 'small' | 'full' | 'hours';

declare module 'vitest' {
  interface ProvidedContext {
    readonly size: Size;
    /** As test/shared/support/seed.ts reads them; of tests inside workerd alone. */
    readonly fuzz: { readonly seed: number; readonly times: number };
  }
}

/**
 * How much of a costly test runs: a small part with every `npm test`, more of it with `TRIMTAB_TEST_SIZE=full`, as
 * `.ci/run` does for whole systems and statistics, and with `hours` all that a promise of small probabilities asks for;
 * `vitest.config.ts` reads the variable. A small run keeps the promise and makes fewer tries at breaking it.
 */
export const SIZE = inject('size');

interface Sizes<T> {
  readonly small: T;
  readonly full: T;
  /** Default: as full. */
  readonly hours?: T;
}

/** Put the result, or `SIZE`, in the test's name, so that its output says what ran. */
export const sized = <T>({ small, full, hours = full }: Sizes<T>): T =>
  ({ small, full, hours })[SIZE];

/** The same with every `npm test` and in `.ci/run`, which does not run it twice, and more for hours. */
export const sizedForHours = <T>(small: T, hours: T): T => (SIZE === 'hours' ? hours : small);

/** Why what takes too long for `npm test` and `.ci/run` does not run; empty where it does. */
export const unlessHours =
  SIZE === 'hours' ? '' : 'it takes minutes, and runs with TRIMTAB_TEST_SIZE=hours';

export const hoursSize = needs(unlessHours);
