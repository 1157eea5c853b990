import { asc, eq } from 'drizzle-orm';
import { armKey, type ServedLayer } from '../../shared/domain/experiment.ts';
import type { Version } from '../../shared/domain/ids.ts';
import type { Store } from '../store/open.ts';
import { experiments, layers } from '../store/tables.ts';

export async function trafficOf(
  store: Store,
): Promise<{ arms: Record<string, Version>; layers: ServedLayer[] }> {
  const running = await store.db
    .select()
    .from(experiments)
    .where(eq(experiments.status, 'running'))
    .orderBy(asc(experiments.id));
  const rows = await store.db.select().from(layers).orderBy(asc(layers.rank));
  const arms: Record<string, Version> = {};
  for (const { id, arms: own } of running)
    for (const { name, version } of own) if (version) arms[armKey(id, name)] = version;
  return {
    arms,
    layers: rows
      .map(({ name, salt, unit }) => ({
        name,
        salt,
        unit,
        experiments: running
          .filter(({ layer }) => layer === name)
          .map((e) => ({
            id: e.id,
            salt: e.salt,
            status: e.status,
            range: [e.rangeFrom, e.rangeTo] as const,
            traffic: e.traffic,
            design: e.design,
            trigger: e.trigger,
            arms: e.arms.map(({ name: arm, weight, exploration }) => ({
              name: arm,
              weight,
              ...(exploration && { exploration }),
            })),
          })),
      }))
      .filter((layer) => layer.experiments.length > 0),
  };
}
