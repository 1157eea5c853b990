import type { Met } from './crowd.ts';

/** Rankings in a row that were met, and those of them with a click. */
export interface Count {
  readonly rankings: number;
  readonly clicked: number;
}

export interface Step extends Count {
  /** By what the last of them was ranked. */
  readonly by: string;
}

/** What a publishable key can tell: which version each answer named, and what its visitor clicked. */
export interface Tally {
  /** By what ranked: `rules`, or a version. */
  readonly by: ReadonlyMap<string, Count>;
  /** The last one may still grow. */
  readonly steps: readonly Step[];
}

export const STEP = 100;
/** So many steps are kept. */
const MOST_STEPS = 120;

const NONE: Count = { rankings: 0, clicked: 0 };

export const EMPTY_TALLY: Tally = { by: new Map(), steps: [] };

export const rateOf = ({ rankings, clicked }: Count): number => clicked / rankings;

export function tallied({ by, steps }: Tally, met: readonly Met[]): Tally {
  const counts = new Map(by);
  const grown = [...steps];
  for (const { by: name, clicked } of met) {
    counts.set(name, plus(counts.get(name) ?? NONE, clicked));
    const last = grown.at(-1);
    const isFull = last === undefined || last.rankings >= STEP;
    if (isFull) grown.push({ ...plus(NONE, clicked), by: name });
    else grown[grown.length - 1] = { ...plus(last, clicked), by: name };
  }
  return { by: counts, steps: grown.slice(-MOST_STEPS) };
}

const plus = ({ rankings, clicked }: Count, isClicked: boolean): Count => ({
  rankings: rankings + 1,
  clicked: clicked + (isClicked ? 1 : 0),
});
