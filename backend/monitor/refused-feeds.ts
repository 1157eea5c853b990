import { inArray } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { feeds } from '../store/tables.ts';
import { found, type Observation } from './finding.ts';
import type { Monitor } from './run-monitors.ts';

const KIND = 'catalogue feed';

/** @param configured names: what is no feed any more is no condition. */
export const feedMonitor = (store: Store, configured: readonly string[]): Monitor => ({
  kind: KIND,
  check: () => readRefusedFeeds(store, configured),
});

/** Finds feeds that were refused when they were last asked for. */
async function readRefusedFeeds(store: Store, configured: readonly string[]): Promise<Observation> {
  const rows = await store.db
    .select()
    .from(feeds)
    .where(inArray(feeds.name, [...configured]));
  return found(
    ...rows.flatMap(({ name, problem, refusedSince, takenAt }) =>
      problem === null
        ? []
        : [
            {
              key: `${KIND}: ${name}`,
              kind: KIND,
              message: `feed ${name} is refused, and the catalogue stays as it is: ${problem}`,
              details: { feed: name, since: refusedSince, takenAt },
            } as const,
          ],
    ),
  );
}
