import type { TrainingSlate } from './logged-slate.ts';

/**
 * What of a slate was chosen by its score: all but what was pinned, with the positions at which they stood. A pin teaches nothing, neither by being
 * clicked nor by not being, while the place that it took counts for the others.
 */
export function chosenByMerit<
  T extends Pick<
    TrainingSlate,
    'itemIds' | 'propensities' | 'codes' | 'tallies' | 'pinned' | 'pageOffset'
  >,
>(slate: T): T & { readonly positions?: Uint16Array } {
  const { pinned, pageOffset = 0, itemIds, propensities, codes, tallies } = slate;
  if (pinned === undefined && pageOffset === 0) return slate;
  const slots = [...itemIds.keys()].filter((slot) => pinned?.[slot] !== 1);
  const positions = Uint16Array.from(slots, (slot) => pageOffset + slot + 1);
  if (pinned === undefined) return { ...slate, positions };
  const features = codes.length / Math.max(1, itemIds.length);
  const own = new Uint8Array(slots.length * features);
  slots.forEach((slot, i) =>
    own.set(codes.subarray(slot * features, (slot + 1) * features), i * features),
  );
  return {
    ...slate,
    itemIds: slots.map((slot) => itemIds[slot]),
    propensities: Float64Array.from(slots, (slot) => propensities[slot]),
    codes: own,
    tallies: slots.map((slot) => tallies[slot]),
    positions,
  };
}
