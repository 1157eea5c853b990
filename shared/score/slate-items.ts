import type { ItemId } from '../domain/ids.ts';
import type { Slate } from './rank.ts';
import { toPoints } from './scorer.ts';

/** An item of a slate as answers list it. */
export interface SlateItem {
  readonly id: ItemId;
  /** From 1, the top slot. */
  readonly position: number;
  /** Points. */
  readonly score: number;
  readonly propensity: number;
}

/** The items of a slate, the top slot first. */
export const slateItems = ({
  ids,
  units,
  propensities,
}: Pick<Slate, 'ids' | 'units' | 'propensities'>): SlateItem[] =>
  ids.map((id, slot) => ({
    id,
    position: slot + 1,
    score: toPoints(units[slot]),
    propensity: propensities[slot],
  }));
