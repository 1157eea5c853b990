import type { Schema } from '../../shared/features/schema.ts';

/**
 * The features that differ between any two times although the world is the same: those that the calendar changes (when it is
 * asked, in which month a trip departs), those that are learned of items, which change by what was shown, and crosses of these.
 * That is no drift.
 * @returns indexes of features.
 */
export function calendarFeatures({ features }: Schema): readonly number[] {
  const names = new Set<string>();
  return features.flatMap((spec, index) => {
    const follows =
      spec.kind === 'request-time' ||
      spec.kind === 'date-month' ||
      spec.kind === 'learned' ||
      (spec.kind === 'cross' && spec.of.some((name) => names.has(name)));
    if (!follows) return [];
    names.add(spec.name);
    return [index];
  });
}
