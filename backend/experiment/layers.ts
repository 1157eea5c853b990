import { randomUUID } from 'node:crypto';
import type { Store } from '../store/open.ts';
import { layers } from '../store/tables.ts';

export async function ensureLayer(
  store: Store,
  layer: { readonly name: string; readonly unit: 'user' | 'session'; readonly rank: number },
  nowMs: number,
): Promise<void> {
  await store.write([
    store.db
      .insert(layers)
      .values({ ...layer, salt: randomUUID(), createdAt: nowMs })
      .onConflictDoNothing(),
  ]);
}
