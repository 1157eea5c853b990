import type { SlateItem } from './answered-item.ts';
import type { Slate } from './rank.ts';
import { toPoints } from './scorer.ts';

/** The items of a slate, the top slot first. */
export const slateItems = ({
  ids,
  units,
  propensities,
  boosts,
  pinned,
}: Pick<Slate, 'ids' | 'units' | 'propensities' | 'boosts' | 'pinned'>): SlateItem[] =>
  ids.map((id, slot) => ({
    id,
    position: slot + 1,
    score: toPoints(units[slot]),
    propensity: propensities[slot],
    ...(boosts !== undefined && boosts[slot] !== 0 && { boost: toPoints(boosts[slot]) }),
    ...(pinned?.[slot] === 1 && { pinned: true as const }),
  }));
