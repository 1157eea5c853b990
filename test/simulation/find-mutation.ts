import type { Violation } from './kernel/simulation.ts';
import type { Mutation } from './loader/mutations.ts';
import type { WorldWish } from './world.ts';
import type { Simulator } from './run-worlds.ts';

/** In which world a planted fault was found: that of `seed`, the `worlds`-th that was looked at. */
export interface FoundMutation {
  readonly seed: number;
  readonly worlds: number;
  readonly violation: Violation;
}

/** Runs world after world with a planted fault. @returns undefined where none of `most` found it. */
export async function findMutation(
  worlds: Simulator,
  mutation: Mutation,
  {
    first,
    size,
    most,
    wish,
  }: {
    readonly first: number;
    readonly size: number;
    readonly most: number;
    readonly wish?: WorldWish;
  },
): Promise<FoundMutation | undefined> {
  for (let i = 0; i < most; i++) {
    const { seed, violation } = await worlds.run(first + i, size, mutation, wish);
    if (violation !== undefined) return { seed, worlds: i + 1, violation };
  }
  return undefined;
}
