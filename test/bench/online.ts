import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { ingest } from '../../backend/log/ingest/ingest.ts';
import { DEFAULT_TRAINING_DATA } from '../../backend/log/settings.ts';
import { recordLive } from '../../backend/models/live-pointer.ts';
import { versions as versionsOf } from '../../backend/models/versions.ts';
import { onlineLearningOf } from '../../backend/runs/online/online-job.ts';
import { parseOnline } from '../../backend/runs/online/settings.ts';
import { openStore } from '../../backend/store/open.ts';
import { DEFAULT_METRICS } from '../../shared/domain/metric.ts';
import { parseItemId, parseSessionId, RULES_VERSION } from '../../shared/domain/ids.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { bucketCount } from '../../shared/features/schema.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { decisionOf, eventOf } from '../backend/support/decisions.ts';
import type { Part, Say } from './support/part.ts';

const SEED = 7;
const SHOWN = 20;
const PER_SESSION = 3;
const CLICK_SHARE = 0.4;
const BATCHES_PER_SECOND = 1;
const RATES = [11, 100];
const WARM_TURNS = 60;
const TURNS = 120;
const FEATURES = smarttrip.features.length;
const START_MS = Date.UTC(2026, 0, 1, 12);

/** What learning as people click costs the backend, beside taking in what is learned from. */
export async function benchOnline(say: Say): Promise<Part> {
  const rows = [];
  for (const perSecond of RATES) {
    say(`online: ${perSecond} rankings a second`);
    const { ingestUs, learnUs } = await measure(perSecond);
    rows.push(
      { name: `${perSecond} rankings/s: taken in`, value: ingestUs, unit: 'µs/item' },
      { name: `${perSecond} rankings/s: learned from`, value: learnUs, unit: 'µs/item' },
    );
  }
  return {
    rows,
    notes: [
      `processor time of the whole process, all threads, per shown item: ${TURNS} turns after ${WARM_TURNS} that warm up; slates of ${SHOWN}, ${CLICK_SHARE} of them clicked, ${PER_SESSION} rankings a session, seed ${SEED}`,
    ],
  };
}

async function measure(perSecond: number): Promise<{ ingestUs: number; learnUs: number }> {
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
  const edge = fork(new URL('./support/delta-sink.ts', import.meta.url));
  const [port] = (await once(edge, 'message')) as [number];
  const database = { url: pathToFileURL(join(dir, 'store.db')).href };
  const store = await openStore(database);
  let nowMs = START_MS;
  const clock = () => nowMs;
  const settings = parseOnline({ minimumRewarded: 100 });
  const versions = versionsOf(store, clock);
  await versions.ensureRules(smarttrip);
  const pointer = { champion: RULES_VERSION };
  await store.write([recordLive(store, { pointer, text: JSON.stringify(pointer), since: nowMs })]);
  const learning = onlineLearningOf({
    store,
    database,
    rules: {
      attributionDays: 7,
      filters: { ...DEFAULT_TRAINING_DATA.filters, minReactionMs: 0 },
    },
    versions,
    influence: DEFAULT_TRAINING_DATA.influence,
    edge: { edgeUrl: `http://127.0.0.1:${port}`, secretKey: 'sk' },
    settings,
    collect: () => Promise.resolve({ statistics: { days: [] } } as never),
    harm: { metric: DEFAULT_METRICS[0], minimumPerArm: 100 },
    rewardPolicy: 'fixed',
    metrics: { set() {}, add() {} },
    nowMs: clock,
    log: (message) => {
      if (/stopped|nothing/.test(message)) throw new Error(message);
    },
  });
  const random = seededRandom(SEED);
  let rankings = 0;
  let batches = 0;
  const perBatch = perSecond / BATCHES_PER_SECOND;
  let owed = 0;
  const batchOf = () => {
    owed += perBatch;
    const decisions = [];
    const events = [];
    for (; owed >= 1; owed--) {
      const n = rankings++;
      const sessionId = parseSessionId(`session-${Math.floor(n / PER_SESSION)}`);
      const decision = decisionOf(`ranking-${n}`, {
        at: nowMs,
        sessionId,
        snapshot: '',
        seed: n,
        limit: SHOWN,
        itemIds: Array.from({ length: SHOWN }, (_, slot) =>
          parseItemId(`trip-${(n * 7 + slot * 37) % 10_000}`),
        ),
        units: Array.from({ length: SHOWN }, () => 0),
        propensities: Array.from({ length: SHOWN }, () => 0.5),
        codes: Uint8Array.from({ length: SHOWN * FEATURES }, (_, i) =>
          Math.floor(bucketCount(smarttrip.features[i % FEATURES]) * random()),
        ),
      });
      decisions.push(decision);
      if (random() < CLICK_SHARE) {
        const slot = Math.floor(random() * SHOWN);
        events.push(
          eventOf(`click-${n}`, decision.rankingId, {
            itemId: decision.itemIds[slot],
            position: slot + 1,
            timestamp: nowMs + 900,
            receivedAt: nowMs + 950,
            sessionId,
          }),
        );
      }
    }
    return { batchId: `batch-${batches++}`, decisions, events };
  };
  const cpuUs = () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  };
  let [ingestUs, learnUs, from] = [0, 0, 0];
  try {
    for (let turn = 0; turn < WARM_TURNS + TURNS; turn++) {
      if (turn === WARM_TURNS) [ingestUs, learnUs, from] = [0, 0, rankings];
      for (let i = 0; i < BATCHES_PER_SECOND * settings.everySeconds; i++) {
        nowMs += 1000 / BATCHES_PER_SECOND;
        const batch = batchOf();
        const before = cpuUs();
        if (batch.decisions.length > 0) await ingest(store, batch, nowMs);
        ingestUs += cpuUs() - before;
      }
      const before = cpuUs();
      await learning.job.run();
      learnUs += cpuUs() - before;
    }
    const shown = (rankings - from) * SHOWN;
    return { ingestUs: ingestUs / shown, learnUs: learnUs / shown };
  } finally {
    await learning.stop();
    await store.close();
    edge.disconnect();
    await rm(dir, { recursive: true, force: true });
  }
}
