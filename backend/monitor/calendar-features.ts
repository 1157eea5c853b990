import type { Schema } from '../../shared/features/schema.ts';

/**
 * The features that the calendar changes and nobody's behaviour: when it is asked, in which month a trip departs, and crosses of
 * these. Of two weeks they always differ, which is a season and no drift.
 * @returns indexes of features.
 */
export function calendarFeatures({ features }: Schema): readonly number[] {
  const names = new Set<string>();
  return features.flatMap((spec, index) => {
    const follows =
      spec.kind === 'request-time' ||
      spec.kind === 'date-month' ||
      (spec.kind === 'cross' && spec.of.some((name) => names.has(name)));
    if (!follows) return [];
    names.add(spec.name);
    return [index];
  });
}
