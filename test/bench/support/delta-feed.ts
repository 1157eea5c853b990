import { setInterval } from 'node:timers/promises';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { bucketCount, type Schema } from '../../../shared/features/schema.ts';
import { SECRET } from './demo-edge.ts';

const EVERY_MS = 250;

/** Sends deltas of all buckets to the edge, as learning does while people click, until it is stopped. */
export function feedDeltas(port: number, schema: Schema, seed: number): { stop(): Promise<void> } {
  const random = seededRandom(seed);
  const stopped = new AbortController();
  const feed = async () => {
    for await (const _ of setInterval(EVERY_MS, undefined, { signal: stopped.signal })) {
      const deltas = schema.features.flatMap((spec) =>
        Array.from({ length: bucketCount(spec) }, (__, bucket) => ({
          feature: spec.name,
          bucket,
          points: random() - 0.5,
        })),
      );
      const response = await fetch(`http://127.0.0.1:${port}/v1/live/deltas`, {
        method: 'POST',
        headers: { authorization: `Bearer ${SECRET}` },
        body: JSON.stringify({ baseVersion: RULES_VERSION, deltas, replaces: true }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`deltas were answered ${response.status}: ${text}`);
    }
  };
  const fed = feed().catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });
  return {
    async stop() {
      stopped.abort();
      await fed;
    },
  };
}
