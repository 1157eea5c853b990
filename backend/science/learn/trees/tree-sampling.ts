import { seededRandom } from '../../../../shared/explore/random.ts';
import type { TreeSample } from '../device/tree-growers.ts';

/** How much of the data each boosted tree is grown on. */
export interface TreeSampling {
  /** Share of the features, above 0 and up to 1 (Breiman's random subspaces, per tree as in XGBoost's `colsample_bytree`). */
  readonly features: number;
  /**
   * Share of the slates, or of the rows where there are no slates, above 0 and up to 1 (Friedman, "Stochastic gradient boosting",
   * 2002). A slate is in the sample with all of its rows, or not at all: its gradients add up to 0.
   */
  readonly slates: number;
  readonly seed: number;
}

interface Sampled {
  readonly rows: number;
  readonly features: number;
  /** Slate s covers rows `starts[s] .. starts[s + 1] − 1`. */
  readonly starts?: Uint32Array;
}

/**
 * Draws without replacement what a tree is grown on. It depends on nothing but the arguments, so that every device, and a run
 * that goes on from trees that were finished, draws the same.
 * @param draw number of the draw: each has a sample of its own.
 */
export function drawSample(
  { rows, features, starts }: Sampled,
  { features: featureShare, slates: slateShare, seed }: TreeSampling,
  draw: number,
): TreeSample {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) + draw);
  const drawn = featureShare < 1 ? chosenOf(features, featureShare, random) : undefined;
  if (slateShare >= 1) return drawn === undefined ? {} : { features: drawn };
  const chosen = chosenOf(starts === undefined ? rows : starts.length - 1, slateShare, random);
  return { ...(drawn && { features: drawn }), rows: rowsOf(chosen, starts) };
}

/**
 * Marks `⌈share · count⌉` of `count`, each set of so many as likely as any other (Knuth, "The Art of Computer Programming" 2, 3.4.2,
 * algorithm S).
 */
function chosenOf(count: number, share: number, random: () => number): Uint8Array {
  const chosen = new Uint8Array(count);
  let wanted = Math.min(count, Math.ceil(share * count));
  for (let i = 0; i < count; i++)
    if (random() * (count - i) < wanted) {
      chosen[i] = 1;
      wanted--;
    }
  return chosen;
}

function rowsOf(chosen: Uint8Array, starts: Uint32Array | undefined): Uint32Array {
  const endOf = (i: number) => (starts === undefined ? i + 1 : starts[i + 1]);
  const startOf = (i: number) => (starts === undefined ? i : starts[i]);
  let count = 0;
  for (let i = 0; i < chosen.length; i++) if (chosen[i] === 1) count += endOf(i) - startOf(i);
  const rows = new Uint32Array(count);
  let at = 0;
  for (let i = 0; i < chosen.length; i++)
    if (chosen[i] === 1) for (let row = startOf(i); row < endOf(i); row++) rows[at++] = row;
  return rows;
}
