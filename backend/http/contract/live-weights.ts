import { z } from '@hono/zod-openapi';
import { eq } from 'drizzle-orm';
import type { Pointer } from '../../../shared/domain/pointer.ts';
import { belowMinimumsOf } from '../../models/below-minimums.ts';
import { readLive } from '../../models/live-pointer.ts';
import type { Store } from '../../store/open.ts';
import { weights } from '../../store/tables.ts';
import { belowMinimums } from './below-minimums.ts';
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
    belowMinimums,
    pointer: objectOf<Pointer>('The pointer as it is in KV'),
  })
  .openapi('LiveWeights');

/** The champion, since when, and who put it there. @returns null before the first publish. */
export async function liveWeights(store: Store): Promise<z.infer<typeof liveWeightsShape> | null> {
  const live = await readLive(store);
  if (live === undefined) return null;
  const { champion, hold, by } = live.pointer;
  const [row] = await store.db
    .select({
      name: weights.name,
      schemaName: weights.schemaName,
      schemaHash: weights.schemaHash,
      lineage: weights.lineage,
    })
    .from(weights)
    .where(eq(weights.version, champion));
  const { lineage, ...known } = row ?? { name: null, schemaName: null, schemaHash: null };
  return {
    version: champion,
    ...known,
    belowMinimums: lineage === undefined ? null : belowMinimumsOf(lineage),
    since: live.since,
    hold: hold === true,
    by: by ?? null,
    pointer: live.pointer,
  };
}
