import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ingest } from '../../backend/log/ingest/ingest.ts';
import { DEFAULT_TRAINING_DATA } from '../../backend/log/settings.ts';
import { updateAccount } from '../../backend/log/account/update-account.ts';
import { openStore, type Store } from '../../backend/store/open.ts';
import type { Decision } from '../../shared/domain/decision.ts';
import { parseSessionId, parseUserId } from '../../shared/domain/ids.ts';
import type { CollectedEvent } from '../../shared/format/ingest-bytes.ts';
import { decisionOf, eventOf } from '../backend/support/decisions.ts';
import { runningExperiment } from '../backend/experiments/support/experiment-log.ts';
import type { Part, Say } from './support/part.ts';
import { median } from './support/quantile.ts';
import type { BenchRow } from './support/row.ts';

const EXPOSURES = 100_000;
const EVENTS_PER_EXPOSURE = 1.5;
const BATCH = 5000;
const ROUNDS = 3;
const START_MS = Date.UTC(2026, 0, 5);

/** How long it takes to count an experiment from the log: per unit, by day, and by four segments. */
export async function benchStatistics(say: Say): Promise<Part> {
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
  const url = pathToFileURL(join(dir, 'trimtab.db')).href;
  const store = await openStore({ url });
  try {
    for (let from = 0; from < EXPOSURES; from += BATCH) {
      say(`statistics: ${from} of ${EXPOSURES} exposures`);
      await fill(store, from);
    }
    const before = process.cpuUsage();
    await updateAccount(store, DEFAULT_TRAINING_DATA, START_MS);
    const { user, system } = process.cpuUsage(before);
    const rows: BenchRow[] = [
      {
        name: '100,000 rankings judged for the first time',
        value: (user + system) / 1e6,
        unit: 's of processor',
      },
    ];
    for (const [unit, name] of [
      ['session', '100,000 sessions, one exposure each'],
      ['user', '50,000 users, with their past'],
    ] as const) {
      await runningExperiment(store, { id: unit, unit });
      const counted: Counted[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        say(`statistics: by ${unit}, round ${round + 1} of ${ROUNDS}`);
        counted.push(await countInProcess(url, unit));
      }
      const seconds = median(counted.map((one) => one.seconds));
      const megabytes = Math.max(...counted.map(({ addedBytes }) => addedBytes)) / 1e6;
      rows.push(
        { name, value: seconds, unit: 's of processor' },
        { name: `${name}: memory at the peak`, value: megabytes, unit: 'MB' },
      );
    }
    return {
      rows,
      notes: [
        `${EXPOSURES * EVENTS_PER_EXPOSURE} events, nine default metrics; the median of ${ROUNDS} rounds, each in a process of its own; one thread, so with nothing beside it as long by the clock`,
      ],
    };
  } finally {
    await store.close();
    await rm(dir, { recursive: true, force: true });
  }
}

interface Counted {
  readonly seconds: number;
  /** Resident at the peak, without what the process had before. */
  readonly addedBytes: number;
}

async function countInProcess(url: string, experiment: string): Promise<Counted> {
  const file = fileURLToPath(new URL('./support/collect-once.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [file, url, experiment]);
  return JSON.parse(stdout) as Counted;
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
      arm: `session:${arm(n)} user:${arm(user)}`,
    };
    const at = START_MS + n * 6000;
    const request = { context: { device: ['phone', 'desk'][n % 2], country: n % 20 } };
    decisions.push(decisionOf(`r${n}`, { ...ids, at, request: JSON.stringify(request) }));
    for (let i = 0; i < n % 4; i++)
      events.push(
        eventOf(`e${n}-${i}`, `r${n}`, {
          ...ids,
          type: (['click', 'dwell', 'save'] as const)[i],
          value: 5000,
          timestamp: at + 1000 + i,
          receivedAt: at + 1000 + i,
        }),
      );
  }
  await ingest(store, { batchId: `b${from}`, decisions, events }, START_MS);
}

const arm = (n: number) => (n % 2 === 0 ? 'control' : 'treatment');
