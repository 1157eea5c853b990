import { randomUUID } from 'node:crypto';
import type { Kv } from '../models/edge-kv.ts';
import { looked, ok, problem, type Check } from './check.ts';

/** Writes, reads and deletes a key that nobody else has, as the publisher does. */
export const checkKv = (kv: Kv): Promise<Check[]> =>
  looked(
    'KV',
    'look at https://www.cloudflarestatus.com; what is live goes on meanwhile',
    async () => {
      const key = `doctor/${randomUUID()}`;
      await kv.put('WEIGHTS', key, key);
      try {
        const read = await kv.get('WEIGHTS', key);
        if (read === undefined || new TextDecoder().decode(read) !== key)
          return problem(
            'KV',
            'what was just written is not what is read',
            'run this again in a minute: KV may take that long',
          );
      } finally {
        await kv.delete('WEIGHTS', key);
      }
      return ok('KV', 'a key was written, read and deleted through the edge');
    },
  );
