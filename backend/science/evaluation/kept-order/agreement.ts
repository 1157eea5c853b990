import { clustersOf } from '../../learn/visitor-clusters.ts';
import { clusteredMean, type IntervalEstimate } from '../../statistics/interval.ts';
import { wilson, type Proportion } from '../../statistics/wilson.ts';
import { slotsByScore, type KeptSlate } from './kept-slate.ts';

/** How many of the first items are compared. */
export const TOP = 3;

/** How often Trimtab would have shown the same, of the slates that leave a choice. */
export interface Agreement {
  readonly rankings: number;
  /** Both put the same item first. */
  readonly first: Proportion;
  /** Both have the same items in the first three slots, in any order; of slates that are longer. */
  readonly top: Proportion & { readonly rankings: number };
  /** Kendall's τ of the two orders of the items shown, −1 to 1, on average over slates. */
  readonly correlation?: IntervalEstimate;
}

/** The rates' intervals are Wilson's and take slates as independent; that of τ is clustered. */
export function agreementOf(slates: readonly KeptSlate[]): Agreement {
  const several = slates.filter(({ itemIds }) => itemIds.length > 1);
  const scored = several.filter(({ own }) => own !== undefined && own.length > 0);
  const long = scored.filter(({ itemIds }) => itemIds.length > TOP);
  const share = (of: readonly KeptSlate[], agrees: (slate: KeptSlate) => boolean) =>
    wilson(of.filter(agrees).length, of.length);
  const correlation = clusteredMean(several.map(kendall), clustersOf(several));
  return {
    rankings: scored.length,
    first: share(scored, ({ itemIds, own }) => own![0] === itemIds[0]),
    top: {
      ...share(long, ({ itemIds, own }) => {
        const shown = new Set(itemIds.slice(0, TOP));
        return own!.slice(0, TOP).every((id) => shown.has(id));
      }),
      rankings: long.length,
    },
    ...(correlation && { correlation }),
  };
}

/** `(concordant − discordant) / pairs` of the slots and the slots by score, both without ties (Kendall, 1938). */
function kendall(slate: KeptSlate): number {
  const slots = slotsByScore(slate);
  let balance = 0;
  for (let a = 0; a < slots.length; a++)
    for (let b = a + 1; b < slots.length; b++) balance += slots[a] < slots[b] ? 1 : -1;
  return balance / ((slots.length * (slots.length - 1)) / 2);
}
