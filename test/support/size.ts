import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    readonly size: 'small' | 'full';
  }
}

/**
 * How much of a costly test runs: a small part with every `npm test`, and all of it with `TRIMTAB_TEST_SIZE=full`, as in
 * `.ci/run`; `vitest.config.ts` reads the variable. A small run keeps the promise and makes fewer tries at breaking it.
 */
export const SIZE = inject('size');

/** Put the result, or `SIZE`, in the test's name, so that its output says what ran. */
export const sized = <T>(sizes: Readonly<Record<typeof SIZE, T>>): T => sizes[SIZE];
