import { asc } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ingest } from '../../backend/log/ingest/ingest.ts';
import { monitorJobs } from '../../backend/monitor/jobs.ts';
import { parseObjectives } from '../../backend/monitor/objectives/settings.ts';
import { parseMonitors } from '../../backend/monitor/settings.ts';
import { accountOf } from '../../backend/log/account/account.ts';
import { monthlyReportJob } from '../../backend/reports/jobs.ts';
import { recordLive } from '../../backend/models/live-pointer.ts';
import { versions as versionsOf } from '../../backend/models/versions.ts';
import { alerts, runs, snapshots } from '../../backend/store/tables.ts';
import { DEFAULT_TRAINING_DATA } from '../../backend/log/settings.ts';
import { trainingData as trainingDataOf } from '../../backend/log/training-data.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { additiveFromPoints } from '../../shared/score/scorer.ts';
import { parsePrivacy } from '../../backend/log/retention/settings.ts';
import { journalIn } from '../backend/log/support/journal.ts';
import { DAY, openLog, type Log } from '../backend/log/support/log.ts';
import { simulateDay, startOf, type DayPlan } from '../backend/monitor/support/steady-days.ts';
import { readCatalogueSample } from '../../backend/catalogue/catalogue-sample.ts';
import { keepDailySample } from '../../backend/catalogue/daily-samples.ts';
import { upsertItems } from '../../backend/catalogue/items.ts';
import { connect } from '../../backend/store/connect.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { tripsOf } from '../backend/monitor/support/steady-world.ts';
import { sizedForHours } from '../support/size.ts';

const WARM_UP = 28;
/** Multiples of a week apart, so that what follows falls on the same weekdays. */
const STEADY_DAYS = sizedForHours(11, 60);
const REPORTED = sizedForHours(['2026-03'], ['2026-03', '2026-04', '2026-05']);
const END = WARM_UP + STEADY_DAYS;
const STEADY: DayPlan = { rankings: 240, clickRate: 0.4, bookingRate: 0.06 };
const HOUR = DAY / 24;

let log: Log;
let looked: () => Promise<void>;
let stop: () => Promise<void>;

beforeAll(async () => {
  log = await openLog(startOf(0));
  const { store } = log;
  const nowMs = () => log.nowMs;
  const versions = versionsOf(store, nowMs);
  const champion = additiveFromPoints(smarttrip, smarttrip.rules, {
    version: RULES_VERSION,
    name: 'learned',
  });
  const version = await versions.add(champion, {
    window: { from: startOf(0), to: startOf(WARM_UP) - 1 },
  });
  await store.write([
    recordLive(store, { pointer: { champion: version }, text: version, since: startOf(0) }),
  ]);
  const account = accountOf({
    store,
    database: log.database,
    rules: DEFAULT_TRAINING_DATA,
    nowMs,
  });
  const trainingData = trainingDataOf({
    store,
    account,
    database: log.database,
    maxLagMs: 300_000,
    identitySecret: 'identity secret of the test',
    location: { kind: 'folder', path: log.folder },
    settings: DEFAULT_TRAINING_DATA,
    keptDays: 365,
    journal: journalIn(`${log.folder}/erasures`),
    privacy: parsePrivacy({}),
    beforePrune: async () => {},
    nowMs,
  });
  const settings = parseMonitors({ drift: { minSessions: 150 } });
  const say = (line: string) => said.push(line);
  const jobs = [
    ...monitorJobs({
      costs: {
        estimate: () => Promise.resolve({ measured: null, bill: null, monthlyLimit: null }),
      },
      feeds: [],
      erasureHours: 48,
      store,
      account,
      versions,
      trainingData,
      liveSchema: async () => smarttrip,
      sampleCatalogue,
      afterDaily: async () => {},
      settings,
      // Here twelve hours come in at once.
      objectives: parseObjectives({ clickToDatabase: { withinSeconds: 13 * 3600 } }),
      channels: [],
      probes: () => [],
      trainsDaily: true,
      nowMs,
      log: say,
    }),
    monthlyReportJob({ store, account, schedule: settings.reportSchedule, nowMs, log: say }),
  ];
  looked = async () => {
    for (const job of jobs) await job.run();
  };
  stop = async () => {
    await trainingData.stop();
    await account.stop();
  };
});
afterAll(async () => {
  await stop();
  await log.close();
});
const said: string[] = [];

const sampleCatalogue = async (schema: Schema) => {
  const client = connect(log.database);
  try {
    return await readCatalogueSample(client, schema, 500);
  } finally {
    client.close();
  }
};

/** A day goes by: visitors, training and catalogue, and every twelve hours the monitors. */
async function live(day: number, plan: Partial<DayPlan> = {}): Promise<void> {
  const weekend = day % 7 >= 5;
  const { decisions, events } = simulateDay(day, {
    ...STEADY,
    clickRate: weekend ? 0.25 : 0.4,
    items: tripsOf(day, startOf(day)).map(({ id }) => id),
    changes: { weights: 'v000001' as typeof RULES_VERSION },
    ...plan,
  });
  for (let hour = 0; hour < 24; hour += 12) {
    const [from, to] = [startOf(day) + hour * HOUR, startOf(day) + (hour + 12) * HOUR];
    const inTime = ({ at }: { at: number }) => at >= from && at < to;
    const ranked = decisions.filter(inTime);
    const ids = new Set(ranked.map(({ rankingId }) => rankingId));
    const batch = {
      batchId: `day ${day} ${hour}`,
      decisions: ranked,
      events: events.filter(({ rankingId }) => ids.has(rankingId)),
    };
    const newest = Math.max(
      ...ranked.map(({ at }) => at),
      ...batch.events.map((e) => e.receivedAt),
    );
    log.nowMs = Math.max(newest + 1000, to);
    await ingest(log.store, batch, newest + 1000);
    if (hour === 0) await trainAndPublish(day);
    if (day >= WARM_UP) await looked();
  }
}

async function trainAndPublish(day: number): Promise<void> {
  const { store, nowMs: at } = log;
  await upsertItems(store, smarttrip, tripsOf(day, startOf(day)), at);
  await keepDailySample(store, smarttrip, sampleCatalogue, at);
  await store.write([
    store.db.insert(runs).values({
      id: `run ${day}`,
      status: 'done',
      params: {},
      progress: {},
      startedAt: at,
      finishedAt: at,
    }),
    store.db.insert(snapshots).values({
      hash: `s${day}`,
      schemaHash: smarttrip.hash,
      items: 1,
      sizeBytes: 1,
      parts: 1,
      publishedAt: at,
    }),
  ]);
}

const opened = () => log.store.db.select().from(alerts).orderBy(asc(alerts.id));

test(`${STEADY_DAYS} steady days with a weekly rhythm raise no alert at all`, async () => {
  for (let day = 0; day < END; day++) await live(day);
  expect(await opened()).toEqual([]);
  expect(said).toEqual(
    REPORTED.map((month) => expect.stringMatching(`^the report of ${month} is written`)),
  );
});

test('wishes that shift for three days raise one alert, and its end one recovery', async () => {
  for (let day = END; day < END + 3; day++) await live(day, { wishes: { daring: 0.7 } });
  for (let day = END + 3; day < END + 6; day++) await live(day);
  expect(await opened()).toMatchObject([
    {
      key: 'drift',
      message: expect.stringMatching(
        /^the world has drifted from what v000001 learned from: preferences\.difficulty \(PSI \d+\.\d\d above chance\)/,
      ),
      openedAt: startOf(END + 1),
      resolvedAt: startOf(END + 4) + 12 * HOUR,
    },
  ]);
});

test('a fall of click-through raises one alert, and its end one recovery', async () => {
  await live(END + 6, { clickRate: 0.15 });
  await live(END + 7, { clickRate: 0.15 });
  for (let day = END + 8; day < END + 10; day++) await live(day);
  expect((await opened()).slice(1)).toMatchObject([
    {
      key: 'degraded metrics: click-through',
      message: expect.stringMatching(
        /^click-through fell to 1\d\.\d\d % of 240 rankings on 2026-0[456]/,
      ),
      resolvedAt: expect.any(Number),
    },
  ]);
});

test('nights without anybody raise one alert per thing that stopped, and the log says when they are over', async () => {
  log.nowMs = startOf(END + 10) + 13 * HOUR;
  await looked();
  const keys = (await opened()).slice(2).map(({ key }) => key);
  expect(keys).toEqual(['stale data: rankings']);
  await live(END + 11);
  await live(END + 12);
  const ofAlerts = said.filter((line) => line.startsWith('alert '));
  expect(ofAlerts.at(-1)).toMatch(/^alert "stale data: rankings" is over/);
});
