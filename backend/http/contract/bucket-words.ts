import { z } from '@hono/zod-openapi';
import { bucketLabels, type Schema } from '../../../shared/features/schema.ts';

/** What the buckets of a schema mean, for whoever reads its points. */
export const bucketWords = z
  .record(z.string(), z.array(z.string()))
  .openapi({ description: 'Feature → what each bucket means, in words, from 0 (missing)' });

export const bucketWordsOf = (schema: Schema): Record<string, string[]> =>
  Object.fromEntries(schema.features.map((spec) => [spec.name, bucketLabels(schema, spec)]));
