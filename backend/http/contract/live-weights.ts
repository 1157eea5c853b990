import { z } from '@hono/zod-openapi';
import { eq } from 'drizzle-orm';
import type { Pointer } from '../../../shared/domain/pointer.ts';
import { readLive } from '../../models/live-pointer.ts';
import type { Store } from '../../store/open.ts';
import { weights } from '../../store/tables.ts';
import { epochMs, objectOf } from './openapi.ts';

export const liveWeightsShape = z
  .object({
    version: z.string(),
    name: z
      .string()
      .nullable()
      .openapi({ description: 'Null where the pointer names a version that is not stored' }),
    schemaName: z.string().nullable(),
    schemaHash: z.string().nullable(),
    since: epochMs,
    hold: z.boolean(),
    by: z.string().nullable(),
    pointer: objectOf<Pointer>('The pointer as it is in KV'),
  })
  .openapi('LiveWeights');

/** The champion, since when, and who put it there. @returns null before the first publish. */
export async function liveWeights(store: Store): Promise<z.infer<typeof liveWeightsShape> | null> {
  const live = await readLive(store);
  if (live === undefined) return null;
  const { champion, hold, by } = live.pointer;
  const [row] = await store.db
    .select({ name: weights.name, schemaName: weights.schemaName, schemaHash: weights.schemaHash })
    .from(weights)
    .where(eq(weights.version, champion));
  return {
    version: champion,
    ...(row ?? { name: null, schemaName: null, schemaHash: null }),
    since: live.since,
    hold: hold === true,
    by: by ?? null,
    pointer: live.pointer,
  };
}
