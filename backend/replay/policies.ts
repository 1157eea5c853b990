import { readFileSync } from 'node:fs';
import { bucketCount, parseSchema, type Schema } from '../../shared/features/schema.ts';

/** Features and rules for the hotel searches, from `trivago.schema.json`. */
export const trivagoSchema = (): Schema =>
  parseSchema(JSON.parse(readFileSync(new URL('./trivago.schema.json', import.meta.url), 'utf8')));

/** Points by feature and bucket, as `POST /v1/weights` takes them. */
export type Points = Record<string, number[]>;

/** One point less per place, so that the order in which the items were sent is kept. */
export function asShown(schema: Schema): Points {
  return { position: falling(schema, 'position', 1) };
}

/** Items viewed in this session first, the latest first, then the shown order: one step of recency has more points than the whole order. */
export function lastViewedFirst(schema: Schema): Points {
  const order = asShown(schema);
  return {
    ...order,
    'recency of view': falling(schema, 'recency of view', order.position.length),
  };
}

/** 0 for missing, then `step · (last − bucket)`. */
function falling(schema: Schema, feature: string, step: number): number[] {
  const size = bucketCount(schema.features.find((spec) => spec.name === feature)!);
  return Array.from({ length: size }, (_, bucket) =>
    bucket === 0 ? 0 : step * (size - 1 - bucket),
  );
}
