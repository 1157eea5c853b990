import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Each takes a minute or more, in one worker: begun last, they would run when the others are long done. Where no run before says
 * how long a file takes, as in CI, Vitest goes by its size, and these are short.
 */
const LONGEST = [
  'system/replay-trivago.test.ts',
  'suites/peers.test.ts',
  'system/apprentice.test.ts',
  'system/browser.test.ts',
];

/**
 * Vitest's own order, but for two things: the longest files come first, and those that start processes and wait for them are spread
 * evenly over the others, which compute all the time. Run one after the other, the former would leave cores idle.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- no array's: Vitest's own name
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) =>
      LONGEST.some((name) => moduleId.endsWith(`/test/${name}`));
    const isWaiting = ({ moduleId }: TestSpecification) => moduleId.includes('/test/system/');
    const rest = sorted.filter((file) => !isLong(file));
    // A worker is kept for the next file if that is of the same project, so files of a project stay together.
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return projects.flatMap((project) => {
      const isOfIt = (file: TestSpecification) => file.project === project;
      const own = rest.filter(isOfIt);
      return [
        ...sorted.filter((file) => isOfIt(file) && isLong(file)),
        ...spread(
          own.filter((file) => isWaiting(file)),
          own.filter((file) => !isWaiting(file)),
        ),
      ];
    });
  }
}

/** All of both in their order, the few evenly among the many. */
export function spread<T>(few: readonly T[], many: readonly T[]): T[] {
  const every = (many.length + few.length) / Math.max(1, few.length);
  const all = [...many];
  few.forEach((one, i) => all.splice(Math.floor(i * every), 0, one));
  return all;
}
