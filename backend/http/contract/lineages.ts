import { z } from '@hono/zod-openapi';
import { inArray } from 'drizzle-orm';
import { placementsOf, pointerAt } from '../../../shared/domain/pointer-at.ts';
import { readLive } from '../../models/live-pointer.ts';
import type { Store } from '../../store/open.ts';
import { weights } from '../../store/tables.ts';
import { epochMs, placement } from './openapi.ts';

/** Of what a move, a rollout, a training or an experiment is. */
export const placementOfLineage = placement.openapi({
  type: 'string',
  description: 'A placement with a lineage of its own; left out: the default lineage',
  example: 'home',
});

export const ofLineage = z.strictObject({ placement: placementOfLineage.optional() });

export const lineageOrNull = z
  .string()
  .nullable()
  .openapi({ description: 'The placement whose lineage it is of; null: the default one' });

export const liveLineageShape = z
  .object({
    placement: z.string(),
    version: z.string(),
    name: z.string().nullable(),
    schemaName: z.string().nullable(),
    schemaHash: z.string().nullable(),
    since: epochMs.nullable(),
    hold: z.boolean(),
    by: z.string().nullable(),
    revision: z.number().nullable().openapi({
      description: 'Of the pointer, which has one number for all lineages',
    }),
    shadow: z.string().nullable().openapi({ description: 'The version that is scored in shadow' }),
    experiments: z.array(z.string()).openapi({ description: 'That run there, canaries included' }),
    isConfigured: z.boolean().openapi({
      description:
        'Whether the configuration still names it: one that it does not is served, and not trained',
    }),
  })
  .openapi('LiveLineage');

export const waitingLineageShape = z.object({ placement: z.string(), why: z.string() });

/**
 * Placements that the configuration gives a lineage of their own, and that have none yet.
 * @param problems why, by placement, as far as this backend knows: the one that leads begins them.
 */
export async function waitingLineages(
  store: Store,
  configured: readonly string[],
  problems: ReadonlyMap<string, string>,
): Promise<z.infer<typeof waitingLineageShape>[]> {
  const pointer = (await readLive(store))?.pointer;
  return configured
    .filter((one) => pointer === undefined || pointerAt(pointer, one) === undefined)
    .map((one) => ({
      placement: one,
      why:
        problems.get(one) ??
        'the backend that leads has not begun it yet, and logs why where it cannot',
    }));
}

/** What is live at each placement with a lineage of its own. @param configured placements that the configuration names. */
export async function liveLineages(
  store: Store,
  configured: readonly string[],
): Promise<z.infer<typeof liveLineageShape>[]> {
  const live = await readLive(store);
  if (live === undefined) return [];
  const all = placementsOf(live.pointer).map((one) => pointerAt(live.pointer, one)!);
  if (all.length === 0) return [];
  const rows = await store.db
    .select({
      version: weights.version,
      name: weights.name,
      schemaName: weights.schemaName,
      schemaHash: weights.schemaHash,
    })
    .from(weights)
    .where(
      inArray(
        weights.version,
        all.map(({ champion }) => champion),
      ),
    );
  return all.map((own) => {
    const known = rows.find(({ version }) => version === own.champion);
    return {
      placement: own.placement!,
      version: own.champion,
      name: known?.name ?? null,
      schemaName: known?.schemaName ?? null,
      schemaHash: known?.schemaHash ?? null,
      since: own.at ?? null,
      hold: own.hold === true,
      by: own.by ?? null,
      revision: own.revision ?? null,
      shadow: own.shadow?.version ?? null,
      experiments: (own.layers ?? []).flatMap(({ experiments }) => experiments.map(({ id }) => id)),
      isConfigured: configured.includes(own.placement!),
    };
  });
}
