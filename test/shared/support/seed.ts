import * as fc from 'fast-check';

/** A new one each run, in the titles of the fuzz tests; `FUZZ_SEED=… npm test` repeats a run. */
export const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

/** How many random values a property is tried on: `usual` ones, or `FUZZ_RUNS` times as many. */
export const runs = (usual: number): number => usual * Number(process.env.FUZZ_RUNS ?? 1);

/** Checks a property on random values; a failure is shrunk and printed with its seed and path. */
export function fuzz<T>(values: fc.Arbitrary<T>, holds: (value: T) => void, usual = 300): void {
  fc.assert(fc.property(values, holds), { numRuns: runs(usual) });
}
