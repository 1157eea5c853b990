import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Each takes minutes at full size, in one worker: begun last, they would run when the others are long done. Where no run
 * before says how long a file takes, as in CI, Vitest goes by its size, and these are short.
 */
const LONGEST = [
  'system/replay-trivago.test.ts',
  'suites/peers.test.ts',
  'truth/engine-self-test.test.ts',
];

/** Vitest's own order, but for the longest files. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- no array's: Vitest's own name
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) =>
      LONGEST.some((name) => moduleId.endsWith(`/test/${name}`));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
