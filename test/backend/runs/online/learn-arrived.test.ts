import type { Client } from '@libsql/client';
import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  emptyMemory,
  learnArrived,
  learnTurn,
  type LearnerMemory,
} from '../../../../backend/runs/online/learn-arrived.ts';
import type { LearningJob } from '../../../../backend/runs/online/learning-job.ts';
import { scorerOfDecision } from '../../../../backend/runs/online/served-deltas.ts';
import { deltasOf } from '../../../../backend/science/learn/online/deltas-of.ts';
import { addDeltas } from '../../../../shared/score/add-deltas.ts';
import { learnedScorer, sentScorer } from '../../../../backend/runs/online/learned-scorer.ts';
import { settleOrders } from '../../../../backend/log/account/orders/settle-orders.ts';
import { recordOrderLines, type OrderLine } from '../../../../backend/log/ingest/orders.ts';
import { NO_FILTERS } from '../../../../backend/log/account/filters.ts';
import { CLASSIFIED } from '../../../../backend/log/account/mark.ts';
import { posteriorToBytes } from '../../../../backend/science/learn/online/posterior-bytes.ts';
import { logMarks, onlineLearning } from '../../../../backend/store/tables.ts';
import {
  forgetLearner,
  learnerOf,
  readLearner,
  settingsOf,
  stopLearner,
} from '../../../../backend/runs/online/learner-rows.ts';
import { DEFAULT_ONLINE } from '../../../../backend/runs/online/settings.ts';
import { versions as versionsOf } from '../../../../backend/models/versions.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import type { Store } from '../../../../backend/store/open.ts';
import { RULES_VERSION, parseSessionId } from '../../../../shared/domain/ids.ts';
import type { Placement } from '../../../../shared/domain/placement.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import type { CollectedEvent } from '../../../../shared/format/ingest-bytes.ts';
import { bucketCount, featureIndex } from '../../../../shared/features/schema.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { posteriorOf } from '../../../../shared/score/posterior.ts';
import { STRIDE, toUnits, type AdditiveScorer } from '../../../../shared/score/scorer.ts';
import type { Decision } from '../../../../shared/domain/decision.ts';
import {
  DAY,
  FEATURES,
  happened,
  NOON,
  openLog,
  rankingOf,
  type Log,
} from '../../log/support/log.ts';

const SLOTS = 3;
const WARM = 150;
const STEP_MS = 1000;
const END = NOON + (WARM + 200) * STEP_MS;

let log: Log;
let job: LearningJob;
/** What the process has in memory. */
let memory: LearnerMemory;
beforeEach(async () => {
  memory = emptyMemory();
  log = await openLog(NOON);
  const base = (await versionsOf(log.store, () => NOON).load(RULES_VERSION)) as AdditiveScorer;
  job = {
    arm: 'champion',
    base,
    reward: { click: 1, booking: 10 },
    // Nothing here is learned out of the trust region unless a test wants it.
    settings: { ...DEFAULT_ONLINE, minimumRewarded: 100, spread: 0.2, trustRegion: 10 },
    influence: { ...DEFAULT_TRAINING_DATA.influence, rewardOverMean: 100 },
    rules: { attributionDays: 7, filters: NO_FILTERS },
  };
});
afterEach(() => log.close());

/** Rankings a second apart, two of three of them clicked. */
function visits(from: number, count: number, seed: number, slots = SLOTS) {
  const random = seededRandom(seed);
  const decisions = Array.from({ length: count }, (_ranking, i) => {
    const n = from + i;
    return rankingOf(`r-${n}`, NOON + n * STEP_MS, {
      codes: Uint8Array.from({ length: slots * FEATURES }, (_, at) =>
        Math.floor(bucketCount(smarttrip.features[at % FEATURES]) * random()),
      ),
      propensities: Array.from({ length: slots }, () => 0.5),
      ...(slots < SLOTS && { itemIds: rankingOf('any').itemIds.slice(0, slots), units: [0] }),
    });
  });
  const events = decisions.flatMap((decision, i) =>
    i % 3 === 0 ? [] : [happened(decision, 'click', { slot: i % slots, afterMs: 900 })],
  );
  return { decisions, events };
}

/** Brings all that is stored into what is learned, as of the newest of it. */
async function learn(nowMs: number, store: Pick<Store, 'db' | 'write'> = log.store) {
  log.nowMs = nowMs;
  return learnArrived(store, job, nowMs, memory);
}

async function warmUp() {
  const { decisions, events } = visits(0, WARM, 1);
  await log.add(decisions, events);
  expect(await learn(NOON + WARM * STEP_MS)).toMatchObject({
    is: 'learning',
    slates: 0,
    deltas: [],
  });
}

const storedRow = async () => (await readLearner(log.store, 'champion'))!;

const learned = async () => {
  const { slates, rewarded, earned, posterior } = (await readLearner(log.store, 'champion'))!;
  return { slates, rewarded, earned, posterior: posterior.toString('hex') };
};

test('nothing is learned until there is enough to measure slots and delays by', async () => {
  const { decisions, events } = visits(0, 100, 1);
  await log.add(decisions, events);
  expect(await learn(NOON + 100 * STEP_MS)).toEqual({ is: 'waiting', rewarded: 66 });
  expect(await readLearner(log.store, 'champion')).toBeUndefined();
});

test.each([
  ['teaches nothing', ['email', 'home'], 40],
  ['teaches as all else where none has one', undefined, 80],
])('what is shown at a placement with a lineage of its own %s', async (_, except, slates) => {
  await warmUp();
  job = { ...job, ...(except && { except }) };
  const [main, home] = [visits(WARM, 60, 2), visits(WARM + 60, 60, 3)];
  await log.add([...main.decisions, ...home.decisions.map(atHome)], main.events);
  // Clicks that arrive after their rankings were read are looked up on another way.
  await learn(NOON + (WARM + 120) * STEP_MS);
  await log.add([], home.events);
  await learn(END);
  expect((await learned()).slates).toBe(slates);
});

const atHome = (decision: Decision): Decision => ({
  ...decision,
  context: { placement: 'home' as Placement, consent: 'measure' },
});

describe('exactly once', () => {
  /** Arrivals out of order: events before their rankings, a booking late, and an event that was sent twice under one id. */
  function batches(): { decisions: Decision[]; events: CollectedEvent[] }[] {
    const { decisions, events } = visits(WARM, 60, 2);
    const booked = decisions
      .slice(0, 5)
      .map((one) => happened(one, 'booking', { afterMs: 90_000 }));
    return [
      { decisions: decisions.slice(0, 20), events: events.slice(0, 5) },
      { decisions: [], events: [...events.slice(5, 20), ...events.slice(0, 3)] },
      { decisions: decisions.slice(20, 40), events: [] },
      { decisions: decisions.slice(40), events: [...events.slice(20), ...booked] },
    ];
  }

  /** 40 rankings are clicked, and two more booked. */
  const TRUTH = { slates: 42, rewarded: 42 };

  /** @param crash called before and after every write; what it throws is what a killed process leaves. */
  async function run(crash: (when: 'before' | 'after') => void, isRestarted = true) {
    await warmUp();
    const store = {
      db: log.store.db,
      write: async (statements: Parameters<Store['write']>[0]) => {
        crash('before');
        const done = await log.store.write(statements);
        crash('after');
        return done;
      },
    };
    for (const [n, { decisions, events }] of batches().entries()) {
      await log.add(decisions, events);
      const nowMs = NOON + (WARM + 50 * (n + 1)) * STEP_MS;
      for (;;) {
        try {
          await learn(nowMs, store);
          break;
        } catch (error) {
          expect(String(error)).toMatch(/killed/);
          if (isRestarted) memory = emptyMemory();
        }
      }
    }
    return learned();
  }

  test('each ranking, click and late booking counts once, however it arrives', async () => {
    const found = await run(() => {});
    expect(found).toMatchObject(TRUTH);
    expect(found.earned).toBe(40 + 5 * 10);
    const again = await learn(END);
    expect(again).toMatchObject({ is: 'learning', ...TRUTH });
    expect(await learned()).toEqual(found);
  });

  test.each([
    ['a kill of the process', true],
    ['a write that fails', false],
  ])('%s before or after any commit neither loses nor doubles anything', async (_, isRestarted) => {
    const whole = await run(() => {});
    await log.close();
    log = await openLog(NOON);
    memory = emptyMemory();
    let writes = 0;
    const killed = await run((when) => {
      writes++;
      if (writes % 3 === 1) throw new Error(`killed ${when} a commit`);
    }, isRestarted);
    expect(writes).toBeGreaterThan(8);
    expect(killed).toEqual(whole);
  });

  test('of two backends that learn at once, one is first and the other adds nothing', async () => {
    await warmUp();
    const { decisions, events } = visits(WARM, 60, 2);
    await log.add(decisions, events);
    log.nowMs = END;
    await Promise.all([1, 2, 3].map(() => learnArrived(log.store, job, END)));
    expect(await learned()).toMatchObject({ slates: 40, rewarded: 40, earned: 40 });
  });
});

test('what a turn leaves to be written and nobody writes counts for nothing, and what two leave counts once', async () => {
  await warmUp();
  const { decisions, events } = visits(WARM, 60, 2);
  await log.add(decisions, events);
  const turn = () => learnTurn(log.store, job, END, memory);
  const [lost, one] = [await turn(), await turn()];
  expect(one.state).toEqual(lost.state);
  expect(await learned()).toMatchObject({ slates: 0 });
  expect(await log.store.write(one.unwritten)).toEqual([1, 1, 1]);
  expect(await log.store.write(lost.unwritten)).toEqual([0, 0, 0]);
  expect(await learned()).toMatchObject({ slates: 40, rewarded: 40, earned: 40 });
  expect(await turn()).toEqual({ state: one.state, unwritten: [] });
});

test('an account that starts again makes nothing count twice', async () => {
  await warmUp();
  const first = visits(WARM, 60, 2);
  await log.add(first.decisions, first.events);
  await learn(END);
  const before = await learned();
  await log.store.write([
    log.store.db
      .update(logMarks)
      .set({
        value: sql`json_set(value, '$.decisions', null, '$.events', null)`,
      })
      .where(eq(logMarks.name, CLASSIFIED)),
  ]);
  await learnArrived(log.store, job, END, memory);
  await log.update();
  expect(await learn(END)).toMatchObject({ is: 'learning', slates: before.slates });
  expect(await learned()).toEqual(before);
  const more = visits(WARM + 60, 30, 4);
  await log.add(more.decisions, more.events);
  await learn(END + 100 * STEP_MS);
  expect(await learned()).toMatchObject({ slates: before.slates + 20, rewarded: 60 });
});

test('rankings that kept the site’s own order are no version’s', async () => {
  await warmUp();
  const kept = (one: Decision): Decision => ({ ...one, siteOrder: true });
  const { decisions, events } = visits(WARM, 60, 2);
  await log.add(decisions.map(kept), events);
  await log.add(visits(WARM + 60, 30, 3, 1).decisions.map(kept));
  expect(await learn(END)).toMatchObject({ is: 'learning', slates: 0, rewarded: 0, deltas: [] });
});

test('a clock that was ahead makes no ranking a miss before its time, once it is right', async () => {
  await warmUp();
  await log.add([rankingOf('ahead', NOON + 300 * DAY)]);
  await learn(NOON + 300 * DAY);
  const now = NOON + (WARM + 31) * STEP_MS;
  const { decisions } = visits(WARM, 30, 3, 1);
  await log.add(decisions);
  await learn(now);
  // Those of the newest 5 seconds are still open.
  expect(await learned()).toMatchObject({ slates: 25, rewarded: 0 });
});

test.each([
  ['none', []],
  ['of 0', [0]],
  ['of 2', [2]],
  ['that is no number', [Number.NaN]],
])('a ranking with a propensity %s teaches nothing', async (_, propensities) => {
  await warmUp();
  const { decisions, events } = visits(WARM, 30, 3, 1);
  await log.add(
    decisions.map((one) => ({ ...one, propensities })),
    events,
  );
  expect(await learn(END)).toMatchObject({ is: 'learning', slates: 0, deltas: [] });
});

test('slots and delays are measured without rankings whose propensities are none', async () => {
  const { decisions, events } = visits(WARM, 3, 1);
  await log.add(
    decisions.map((one) => ({ ...one, propensities: one.propensities.map(() => Number.NaN) })),
    events,
  );
  await warmUp();
  const calibrationOf = async () => (await readLearner(log.store, 'champion'))!.calibration;
  const found = await calibrationOf();
  await log.close();
  log = await openLog(NOON);
  memory = emptyMemory();
  await warmUp();
  expect(found).toEqual(await calibrationOf());
});

test('what is not a number is dropped', async () => {
  await warmUp();
  const row = (await readLearner(log.store, 'champion'))!;
  const { problem, posterior } = learnerOf(job.base, row, 1);
  posterior.mean.fill(Number.NaN);
  const broken = Buffer.from(posteriorToBytes(problem, posterior));
  await log.store.write([log.store.db.update(onlineLearning).set({ posterior: broken })]);
  memory = emptyMemory();
  const { decisions, events } = visits(WARM, 60, 2);
  await log.add(decisions, events);
  expect(await learn(END)).toMatchObject({
    is: 'stopped',
    why: expect.stringMatching(/is not a number/),
  });
});

test('a slate of one counts as a miss once a click should have come, by the time of the log', async () => {
  await warmUp();
  const { decisions } = visits(WARM, 30, 3, 1);
  await log.add(decisions);
  const now = NOON + (WARM + 100) * STEP_MS;
  await learn(now);
  // Of the newest 5 seconds a shard of the edge may still hold clicks.
  expect(await learned()).toMatchObject({ slates: 25, rewarded: 0, earned: 0 });
  await log.add([rankingOf('later', NOON + (WARM + 60) * STEP_MS)]);
  await learn(now);
  expect(await learned()).toMatchObject({ slates: 30, rewarded: 0, earned: 0 });
});

test('after a pause, what is old enough for another look is read bit by bit', async () => {
  await warmUp();
  const hour = 3_600_000;
  const row = (await readLearner(log.store, 'champion'))!;
  const stages = [
    { ageMs: 0, share: 0 },
    { ageMs: 6 * hour, share: 1 },
  ];
  const calibration = { ...row.calibration, stages };
  await log.store.write([log.store.db.update(onlineLearning).set({ calibration })]);
  memory = emptyMemory();
  const { decisions } = visits(WARM, 240, 3, 1);
  const spread = decisions.map((one, i) => ({ ...one, at: NOON + (i * hour) / 40 }));
  await log.add(spread);
  await learn(NOON + 6 * hour);
  expect(await learned()).toMatchObject({ slates: 0 });
  await log.add([rankingOf('later', NOON + 13 * hour)]);
  let most = 0;
  const { db } = log.store;
  const { $client } = db as unknown as { $client: Client };
  const execute: Client['execute'] = async (query: never) => {
    const found = await $client.execute(query);
    const [text] = [found.rows[0]?.[0]];
    if (typeof text === 'string' && text.startsWith('[["r-'))
      most = Math.max(most, (JSON.parse(text) as unknown[]).length);
    return found;
  };
  const counting = new Proxy(db, {
    get: (target, name) =>
      name === '$client' ? { ...$client, execute } : Reflect.get(target, name),
  });
  await learn(NOON + 13 * hour, { ...log.store, db: counting });
  expect(await learned()).toMatchObject({ slates: 240 });
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(40);
});

test('of one session no more counts than in training', async () => {
  await warmUp();
  const { decisions, events } = visits(WARM, 60, 2);
  const sessionId = parseSessionId('one-person');
  await log.add(
    decisions.map((one) => ({ ...one, sessionId })),
    events.map((one) => ({ ...one, sessionId })),
  );
  await learn(NOON + (WARM + 100) * STEP_MS);
  expect(await learned()).toMatchObject({ rewarded: 10, earned: 10 });
});

test('rankings in the order of the site teach nothing of the version, and use up nothing that a person may weigh', async () => {
  await warmUp();
  const sessionId = parseSessionId('one-person');
  const { decisions, events } = visits(WARM, 70, 2);
  await log.add(
    decisions.map((one, i) => ({ ...one, sessionId, ...(i < 60 && { siteOrder: true as const }) })),
    events.map((one) => ({ ...one, sessionId })),
  );
  expect(decisions[60].rankingId).toBe(`r-${WARM + 60}`);
  await learn(NOON + (WARM + 100) * STEP_MS);
  const clicked = events.filter((one) =>
    decisions.slice(60).some((d) => d.rankingId === one.rankingId),
  );
  expect(clicked.length).toBe(6);
  expect(await learned()).toMatchObject({ slates: 6, rewarded: 6, earned: 6 });
});

/** How far weights are served from where they were published, log-odds, the farthest first. */
async function served(state: Awaited<ReturnType<typeof learn>>) {
  if (state.is !== 'learning') throw new Error(`it does not learn: ${state.is}`);
  const { slope } = settingsOf((await readLearner(log.store, 'champion'))!);
  return state.deltas.map(({ points }) => Math.abs(points) * slope);
}

test('what was learned beyond the trust region is kept, served up to it, and counted', async () => {
  job = { ...job, settings: { ...job.settings, trustRegion: 0.01 } };
  await warmUp();
  const { decisions, events } = visits(WARM, 60, 2);
  await log.add(decisions, events);
  const after = NOON + (WARM + 100) * STEP_MS;
  const state = await learn(after);
  const distances = await served(state);
  expect(distances[0]).toBeCloseTo(0.01, 4);
  const row = (await readLearner(log.store, 'champion'))!;
  expect(row).toMatchObject({ stoppedAt: null, limitedSince: after, changed: distances.length });
  expect(row.atLimit).toBe(distances.filter((distance) => distance > 0.00999).length);
  expect(state).toMatchObject({ atLimit: row.atLimit });
  // A training starts from all of it.
  const { problem, posterior } = learnerOf(job.base, row, job.settings.spread);
  const farthest = Math.max(...posterior.mean.map(Math.abs));
  expect(farthest).toBeGreaterThan(0.02);
  const whole = (await learnedScorer(log.store, job.base))!;
  const [{ feature, bucket, points }] = deltasOf(problem, posterior);
  const at = featureIndex(job.base.schema, feature) * STRIDE + bucket;
  expect(whole.weights[at] - job.base.weights[at]).toBe(toUnits(points));
  const sent = (await sentScorer(log.store, job.base))!;
  expect(Math.abs(sent.weights[at] - job.base.weights[at])).toBeLessThan(Math.abs(toUnits(points)));
  // Once it is wider they are not at its edge any more.
  job = { ...job, settings: { ...job.settings, trustRegion: 10 } };
  await log.add(visits(WARM + 60, 1, 3).decisions);
  await learn(after + 120 * STEP_MS);
  expect(await readLearner(log.store, 'champion')).toMatchObject({
    atLimit: 0,
    limitedSince: null,
  });
});

test('strong and honest tastes go on being learned where they reach the trust region', async () => {
  job = {
    ...job,
    settings: { ...job.settings, trustRegion: DEFAULT_ONLINE.trustRegion, spread: 1 },
  };
  await warmUp();
  const random = seededRandom(8);
  const { decisions } = visits(WARM, 800, 2);
  // The first half of the buckets of a feature is clicked at 0.6, the others at 0.1.
  const liked = ({ codes }: Decision, slot: number) => codes[slot * FEATURES] % 2 === 0;
  const events = decisions.flatMap((one) =>
    Array.from({ length: SLOTS }, (_, slot) => slot)
      .filter((slot) => random() < (liked(one, slot) ? 0.6 : 0.1))
      .map((slot) => happened(one, 'click', { slot, afterMs: 900 })),
  );
  await log.add(decisions, events);
  const distances = await served(await learn(NOON + (WARM + 900) * STEP_MS));
  expect(distances[0]).toBeCloseTo(1, 4);
  expect(await readLearner(log.store, 'champion')).toMatchObject({ stoppedAt: null });
});

test('the trust region holds for all that has come in, however much is read at a time', async () => {
  job = { ...job, settings: { ...job.settings, trustRegion: 0.001 } };
  await warmUp();
  // More rankings than are read at a time, the last of them without a click.
  const { decisions, events } = visits(WARM, 4100, 2);
  const early = new Set(decisions.slice(0, 4000).map(({ rankingId }) => rankingId));
  await log.add(
    decisions,
    events.filter(({ rankingId }) => early.has(rankingId)),
  );
  const distances = await served(await learn(NOON + (WARM + 4200) * STEP_MS));
  expect(distances[0]).toBeGreaterThan(0.0009);
  expect(distances[0]).toBeLessThan(0.0011);
});

test('every delta is known by its number for a slate to be drawn again, also after a restart and a hold', async () => {
  await warmUp();
  const kept: { number: number; weights: Int32Array }[] = [];
  const drawnWith = (delta: number) => ({
    weights: job.base.version,
    delta,
    arm: 'learning-champion-v000000:learned',
  });
  for (let n = 0; n < 4; n++) {
    if (n === 2) memory = emptyMemory();
    if (n === 3) {
      await log.store.write(forgetLearner(log.store, 'champion'));
      memory = emptyMemory();
      await learn(NOON + (WARM + 100 * n) * STEP_MS);
    }
    const { decisions, events } = visits(WARM + 100 * n, 60, 2 + n);
    await log.add(decisions, events);
    const state = await learn(NOON + (WARM + 100 * (n + 1)) * STEP_MS);
    if (state.is !== 'learning') throw new Error(`it does not learn: ${state.is}`);
    const { weights } = addDeltas(job.base, state.deltas);
    kept.push({ number: state.number, weights });
  }
  expect(kept.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  for (const { number, weights } of kept)
    expect((await scorerOfDecision(log.store, job.base, drawnWith(number))).weights).toEqual(
      weights,
    );
  expect(await scorerOfDecision(log.store, job.base, drawnWith(0))).toBe(job.base);
  await expect(scorerOfDecision(log.store, job.base, drawnWith(9))).rejects.toThrow(/not known/);
});

test('numbers begin behind those that edges counted by themselves', async () => {
  const { decisions, events } = visits(0, WARM, 1);
  await log.add([{ ...decisions[0], delta: 41 }, ...decisions.slice(1)], events);
  await learn(NOON + WARM * STEP_MS);
  const more = visits(WARM, 60, 2);
  await log.add(more.decisions, more.events);
  expect(await learn(END)).toMatchObject({ is: 'learning', number: 42 });
});

test('the next training starts from what was learned, unless that was dropped', async () => {
  await warmUp();
  expect(await learnedScorer(log.store, job.base)).toBeUndefined();
  const { decisions, events } = visits(WARM, 60, 2);
  await log.add(decisions, events);
  const state = await learn(NOON + (WARM + 100) * STEP_MS);
  const deltas = state.is === 'learning' ? state.deltas : [];
  const learnedFrom = (await learnedScorer(log.store, job.base))!;
  expect(learnedFrom.version).toBe(job.base.version);
  const { feature, bucket, points } = deltas[0];
  const at = featureIndex(job.base.schema, feature) * STRIDE + bucket;
  expect(learnedFrom.weights[at] - job.base.weights[at]).toBe(toUnits(points));
  const row = (await readLearner(log.store, 'champion'))!;
  await log.store.write([stopLearner(log.store, row, 'it did harm', NOON)]);
  expect(await learnedScorer(log.store, job.base)).toBeUndefined();
});

test('a turn of tastes is remembered with what was learned, whoever goes on with it', async () => {
  const { base } = job;
  const posterior = posteriorOf(base.schema, () => 0.1);
  job = { ...job, base: { ...base, posterior } };
  await warmUp();
  const { precision: before } = learnerOf(
    job.base,
    await storedRow(),
    job.settings.spread,
  ).posterior;
  const { decisions } = visits(WARM, 60, 2);
  // Since then all click the first item, and it is always of one kind.
  const turned = decisions.map((decision) => ({
    ...decision,
    codes: decision.codes.map((code, at) => (at < FEATURES ? 1 : code === 1 ? 0 : code)),
  }));
  await log.add(
    turned,
    turned.map((decision) => happened(decision, 'click', { slot: 0, afterMs: 900 })),
  );
  expect(await learn(NOON + (WARM + 100) * STEP_MS)).toMatchObject({ is: 'learning' });
  const { problem, posterior: after } = learnerOf(job.base, await storedRow(), job.settings.spread);
  expect(problem.calibration.hasTurned).toBe(true);
  expect(after.precision[1]).toBeLessThan(before[1]);
  expect(memory.known.get('champion')!.problem.calibration.hasTurned).toBe(true);
});

test('another reward is learned by from then on', async () => {
  await warmUp();
  const first = visits(WARM, 60, 2);
  await log.add(first.decisions, first.events);
  await learn(NOON + (WARM + 100) * STEP_MS);
  const before = await learned();
  const calibration = { ...(await storedRow()).calibration, hasTurned: true };
  await log.store.write([log.store.db.update(onlineLearning).set({ calibration })]);
  memory = emptyMemory();
  job = { ...job, reward: { click: 2 } };
  await learn(NOON + (WARM + 100) * STEP_MS);
  expect(settingsOf(await storedRow()).hasTurned).toBe(true);
  expect(await learned()).toEqual(before);
  const more = visits(WARM + 60, 30, 4);
  await log.add(more.decisions, more.events);
  await learn(NOON + (WARM + 200) * STEP_MS);
  expect(await learned()).toMatchObject({ slates: 60, earned: 40 + 2 * 20 });
});

describe('slates of one, all of which were rewarded when it was measured', () => {
  const DRAWN = (one: Decision): Decision => ({ ...one, propensities: [0.5] });
  const alone = (from: number, count: number, seed: number, isClicked: (i: number) => boolean) => {
    const decisions = visits(from, count, seed, 1).decisions.map(DRAWN);
    const events = decisions.flatMap((decision, i) =>
      isClicked(i) ? [happened(decision, 'click', { afterMs: 900 })] : [],
    );
    return log.add(decisions, events);
  };
  const weightOf = async () => settingsOf(await storedRow()).aloneWeight;

  test('teach once others are not', async () => {
    await alone(0, WARM, 1, () => true);
    await learn(NOON + WARM * STEP_MS);
    expect(await weightOf()).toBe(0);
    await alone(WARM, 60, 2, () => true);
    await learn(NOON + (WARM + 80) * STEP_MS);
    expect(await weightOf()).toBe(0);
    const before = (await storedRow()).posterior;
    expect(memory.known.get('champion')!.sent.deltas).toEqual([]);
    await alone(WARM + 90, 60, 3, (i) => i % 2 === 0);
    await learn(NOON + (WARM + 250) * STEP_MS);
    await log.add([rankingOf('later', NOON + (WARM + 300) * STEP_MS)]);
    await learn(NOON + (WARM + 310) * STEP_MS);
    expect(await weightOf()).toBeGreaterThan(0);
    // What came with it is measured by, and what comes from then on teaches.
    await alone(WARM + 320, 40, 4, (i) => i % 2 === 0);
    await learn(NOON + (WARM + 400) * STEP_MS);
    expect((await storedRow()).posterior.equals(before)).toBe(false);
    expect(memory.known.get('champion')!.sent.deltas.length).toBeGreaterThan(0);
  });

  test('are measured the fewer times the longer they do not teach, and turns stay known', async () => {
    await alone(0, WARM, 1, () => true);
    await learn(NOON + WARM * STEP_MS);
    const calibration = { ...(await storedRow()).calibration, hasTurned: true };
    await log.store.write([log.store.db.update(onlineLearning).set({ calibration })]);
    memory = emptyMemory();
    const measured = new Set<number>();
    for (let n = 0; n < 40; n++) {
      await alone(WARM + n, 1, n + 2, () => true);
      await learn(NOON + (WARM + n + 1) * STEP_MS);
      measured.add(settingsOf(await storedRow()).measuredAt ?? 0);
    }
    expect((await storedRow()).slates).toBeGreaterThan(30);
    expect(measured.size).toBeGreaterThan(2);
    expect(measured.size).toBeLessThan(9);
    expect(settingsOf(await storedRow()).hasTurned).toBe(true);
  });
});

test('a booking that is corrected takes back what was learned of it, and what replaces it is learned', async () => {
  await warmUp();
  const { decisions, events } = visits(WARM, 30, 2);
  const [ranking] = decisions;
  const orderId = 'o-1';
  const paged = happened(ranking, 'booking', { properties: { orderId } });
  await log.add(decisions, [...events, paged]);
  await learn(END);
  const { earned, rewarded } = await storedRow();
  const line = { lineId: '1', orderId, kind: 'cancellation', at: NOON + WARM * STEP_MS } as const;
  const tell = async (one: OrderLine) => {
    await recordOrderLines(log.store, [one], END);
    await settleOrders(log.store, job.rules, [orderId]);
    await learn(END);
  };
  await tell(line);
  expect(await storedRow()).toMatchObject({ earned: earned - 10, rewarded: rewarded - 1 });
  await tell({ ...line, lineId: '2', kind: 'booking', value: 5, at: line.at + 1 });
  expect(await storedRow()).toMatchObject({ earned, rewarded });
  await tell({ ...line, lineId: '2', kind: 'booking', value: 5, at: line.at + 1 });
  await tell({ ...line, lineId: '3', kind: 'refund', value: 0, at: line.at + 2 });
  // A refund in part is a booking of another value, and this reward counts bookings.
  expect(await storedRow()).toMatchObject({ earned, rewarded });
});
