import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { collect } from '../../backend/experiment/collect-statistics.ts';
import { ingest } from '../../backend/ingest/ingest.ts';
import { openStore, type Store } from '../../backend/store/open.ts';
import type { Decision } from '../../shared/domain/decision.ts';
import {
  parseEventId,
  parseItemId,
  parseRankingId,
  parseSessionId,
  parseUserId,
  RULES_VERSION,
} from '../../shared/domain/ids.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import type { CollectedEvent } from '../../shared/format/ingest-bytes.ts';
import { runningExperiment } from '../backend/experiment/support/experiment-log.ts';
import type { Part, Say } from './support/part.ts';
import { median } from './support/quantile.ts';

const EXPOSURES = 100_000;
const EVENTS_PER_EXPOSURE = 1.5;
const BATCH = 5000;
const ROUNDS = 3;
const START_MS = Date.UTC(2026, 0, 5);
const ITEMS = ['lisbon', 'porto', 'faro'].map(parseItemId);

/** How long it takes to count an experiment from the log: per unit, by day, and by four segments. */
export async function benchStatistics(say: Say): Promise<Part> {
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
  const store = await openStore({ url: pathToFileURL(join(dir, 'trimtab.db')).href });
  try {
    for (let from = 0; from < EXPOSURES; from += BATCH) {
      say(`statistics: ${from} of ${EXPOSURES} exposures`);
      await fill(store, from);
    }
    const seconds = { session: [] as number[], user: [] as number[] };
    for (const unit of ['session', 'user'] as const) {
      const experiment = await runningExperiment(store, { id: unit, unit });
      for (let round = 0; round < ROUNDS; round++) {
        say(`statistics: by ${unit}, round ${round + 1} of ${ROUNDS}`);
        const before = process.cpuUsage();
        await collect(store, experiment);
        const { user, system } = process.cpuUsage(before);
        seconds[unit].push((user + system) / 1e6);
      }
    }
    return {
      rows: [
        {
          name: '100,000 sessions, one exposure each',
          value: median(seconds.session),
          unit: 's of processor',
        },
        {
          name: '50,000 users, with their past',
          value: median(seconds.user),
          unit: 's of processor',
        },
      ],
      notes: [
        `${EXPOSURES * EVENTS_PER_EXPOSURE} events, nine default metrics; the median of ${ROUNDS} rounds; one thread, so with nothing beside it as long by the clock`,
      ],
    };
  } finally {
    await store.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Every ranking is exposed to both experiments. */
async function fill(store: Store, from: number): Promise<void> {
  const decisions: Decision[] = [];
  const events: CollectedEvent[] = [];
  for (let n = from; n < from + BATCH; n++) {
    const user = n >> 1;
    const ids = {
      sessionId: parseSessionId(`s${n}`),
      userId: parseUserId(`u${user}`),
      weights: RULES_VERSION,
      arm: `session:${arm(n)} user:${arm(user)}`,
    };
    const rankingId = parseRankingId(`r${n}`);
    const at = START_MS + n * 6000;
    decisions.push({
      ...ids,
      rankingId,
      at,
      delta: 0,
      schemaHash: smarttrip.hash,
      snapshot: '',
      degraded: false,
      seed: n,
      exploration: smarttrip.exploration,
      limit: ITEMS.length,
      request: JSON.stringify({ context: { device: ['phone', 'desk'][n % 2], country: n % 20 } }),
      itemIds: ITEMS,
      units: ITEMS.map(() => 0),
      propensities: ITEMS.map(() => 0.5),
      codes: new Uint8Array(ITEMS.length * smarttrip.features.length),
    });
    for (let i = 0; i < n % 4; i++)
      events.push({
        ...ids,
        eventId: parseEventId(`e${n}-${i}`),
        type: (['click', 'dwell', 'save'] as const)[i],
        rankingId,
        itemId: ITEMS[0],
        value: 5000,
        timestamp: at + 1000 + i,
        receivedAt: at + 1000 + i,
      });
  }
  await ingest(store, { batchId: `b${from}`, decisions, events }, START_MS);
}

const arm = (n: number) => (n % 2 === 0 ? 'control' : 'treatment');
