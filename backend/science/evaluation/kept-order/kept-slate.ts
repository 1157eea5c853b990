import type { SlateOf } from '../../learn/visitor-clusters.ts';

/** A slate in the site's own order, with how Trimtab would have ordered it. */
export interface KeptSlate extends SlateOf {
  /** Epoch ms. */
  readonly at: number;
  /** The version that scored it. */
  readonly version: string;
  /** In the order shown. */
  readonly itemIds: readonly string[];
  /** Scores in fixed-point units, one per slot. */
  readonly units: ArrayLike<number>;
  /** Items of one name are alike in all that Trimtab knows of them and of the request; one per slot. */
  readonly alike: readonly string[];
  /** Trimtab's own slate from the same candidates; absent where it was not scored. */
  readonly own?: readonly string[];
  /** Whether each slot's item was clicked. */
  readonly clicked: readonly boolean[];
}

/**
 * For each slot, from 0, where the same items have it in the order of their scores. Among equals the site's order stays, as it does
 * where Trimtab ranks.
 */
export function slotsByScore({ units }: Pick<KeptSlate, 'units'>): Uint32Array {
  const order = Array.from(units, (_, slot) => slot).toSorted((a, b) => units[b] - units[a]);
  const slots = new Uint32Array(order.length);
  order.forEach((from, to) => (slots[from] = to));
  return slots;
}
