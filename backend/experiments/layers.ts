import { randomUUID } from 'node:crypto';
import { asc, eq } from 'drizzle-orm';
import { ApiError, detailsAt } from '../../shared/domain/errors.ts';
import type { Store } from '../store/open.ts';
import { layers } from '../store/tables.ts';

export type LayerRow = typeof layers.$inferSelect;

export interface NewLayer {
  readonly name: string;
  readonly unit: 'user' | 'session';
  /** The lowest claims first. */
  readonly rank: number;
}

/** Layers that are made when they are first used. */
export const DEFAULT_LAYERS: readonly NewLayer[] = [
  { name: 'weights', unit: 'session', rank: 10 },
  { name: 'exploration', unit: 'session', rank: 20 },
];

/** The layer of canaries, which no experiment may use. */
export const ROLLOUT_LAYER = 'rollout';

/** Between the default ones and the rollouts'. */
export const OWN_LAYER_RANK = 100;

/**
 * The layer of that name, made if there is none. @throws ApiError 409 where it counts by another unit: assignments
 * of its experiments would change.
 */
export async function ensureLayer(store: Store, asked: NewLayer, nowMs: number): Promise<LayerRow> {
  const salt = `layer_${randomUUID()}`;
  await store.write([
    store.db
      .insert(layers)
      .values({ ...asked, salt, createdAt: nowMs })
      .onConflictDoNothing(),
  ]);
  const found = (await readLayer(store, asked.name))!;
  if (found.unit === asked.unit) return found;
  const message = `layer ${found.name} counts by ${found.unit}, not by ${asked.unit}: name another layer`;
  throw new ApiError(409, 'other_unit', message, detailsAt('unit', message));
}

export async function readLayer(
  store: Pick<Store, 'db'>,
  name: string,
): Promise<LayerRow | undefined> {
  const [row] = await store.db.select().from(layers).where(eq(layers.name, name));
  return row;
}

/** What a layer's experiments count by; sessions for experiments from before there were layers. */
export const unitOfLayer = async (
  store: Pick<Store, 'db'>,
  name: string,
): Promise<LayerRow['unit']> => (await readLayer(store, name))?.unit ?? 'session';

/** In the order in which they claim. */
export const listLayers = (store: Pick<Store, 'db'>): Promise<LayerRow[]> =>
  store.db.select().from(layers).orderBy(asc(layers.rank), asc(layers.name));
