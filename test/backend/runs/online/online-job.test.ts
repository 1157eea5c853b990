import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { readStoppedLearning } from '../../../../backend/monitor/learning-stopped.ts';
import { appendLearned } from '../../reward/support/append-learned.ts';
import { readLearners } from '../../../../backend/runs/online/learner-rows.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import { NO_FILTERS } from '../../../../backend/log/account/filters.ts';
import { openStore } from '../../../../backend/store/open.ts';
import { parseOnline } from '../../../../backend/runs/online/settings.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { bucketCount, featureIndex } from '../../../../shared/features/schema.ts';
import definition from '../../../../shared/features/smarttrip.json' with { type: 'json' };
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { eventually, startTestBackend, type TestBackend } from '../../support/backend.ts';
import { send } from '../../support/batches.ts';
import { randomVisit, slotsByDuration } from '../../support/visits.ts';
import { happened } from '../../log/support/log.ts';

const SLOTS = 5;
/** The bucket of two themes or more. */
const MOST_THEMES = 3;
const DURATION = featureIndex(smarttrip, 'duration');
const THEME = featureIndex(smarttrip, 'theme');
const LONGEST = bucketCount(smarttrip.features[DURATION]) - 1;
/** Enough to measure slots and delays by, and what is learned from. */
const [WARM, VISITS] = [300, 600];
const online = parseOnline({
  everySeconds: 0.2,
  minimumRewarded: 30,
  trustRegion: 10,
  spread: 1,
  compareSeconds: 0.2,
  cells: ['EU', 'NA'],
});

let backend: TestBackend;
beforeEach(async () => {
  backend = await startTestBackend({
    onlineLearning: online,
    trainingData: { ...DEFAULT_TRAINING_DATA, filters: NO_FILTERS },
  });
});
afterEach(() => backend.close());

/** Visitors who click what fits their duration best, and one in three of whom saves what has most of their themes. */
function visits(from: number, count: number) {
  const random = seededRandom(12 + from);
  const decisions = Array.from({ length: count }, (_, i) => randomVisit(from + i, SLOTS, random));
  const events = decisions.flatMap((decision, n) => {
    const bySlot = slotsByDuration(decision);
    const click = happened(decision, 'click', { slot: bySlot[0], afterMs: 900 });
    const themes = bySlot.map((slot) => decision.codes[slot * smarttrip.features.length + THEME]);
    const slot = bySlot[themes.indexOf(Math.max(...themes))];
    const save = happened(decision, 'save', { slot, afterMs: 900 });
    return n % 3 === 0 ? [click, save] : [click];
  });
  return { batchId: `visits-${from}`, decisions, events };
}

/** Once something is learned of an arm, what has come in by then was what slots and delays were measured by. */
async function measured(...arms: string[]): Promise<void> {
  const store = await openStore(backend.config.database);
  try {
    await eventually(async () => {
      const learning = new Set((await readLearners(store)).map(({ arm }) => arm));
      return arms.every((arm) => learning.has(arm));
    });
  } finally {
    await store.close();
  }
}

/** How much more the duration gains, best over worst, than the themes, most over none, by the last batch of an arm. */
const leaning = (arm: string) => {
  const last = backend.kv.deltas.findLast((batch) => batch.arm === arm);
  const points = (feature: string, bucket: number) =>
    last?.deltas.find((delta) => delta.feature === feature && delta.bucket === bucket)?.points ?? 0;
  const duration = points('duration', 1) - points('duration', LONGEST);
  const theme = points('theme', MOST_THEMES) - points('theme', 1);
  return last === undefined ? undefined : duration - theme;
};

test('what people click is sent to every cell as it comes, in place of what was sent before, with who is held out', async () => {
  await send(backend, visits(0, WARM));
  await measured('champion');
  expect(backend.kv.deltas).toEqual([]);
  await send(backend, visits(WARM, VISITS));
  await eventually(() => leaning('champion')! > 1);
  const [one, other] = backend.kv.deltas;
  expect(one).toMatchObject({
    arm: 'champion',
    cell: 'EU',
    baseVersion: 'v000000',
    replaces: true,
    number: 1,
    holdout: { id: 'learning-champion-v000000', share: 0.02 },
  });
  expect(other).toEqual({ ...one, cell: 'NA' });
  const { body } = await backend.call('GET', '/v1/status');
  expect(body.learning).toEqual([
    expect.objectContaining({
      arm: 'champion',
      version: 'v000000',
      stopped: null,
      changed: backend.kv.deltas.at(-1)!.deltas.length,
      atLimit: 0,
    }),
  ]);
  const whole = await backend.call('GET', '/v1/weights/v000000');
  const { points, served } = whole.body as Record<'points' | 'served', Record<string, number[]>>;
  const gained = (bucket: number) => served.duration[bucket] - points.duration[bucket];
  expect(gained(1)).toBeGreaterThan(gained(LONGEST));
  const sent = backend.kv.deltas.length;
  await send(backend, visits(WARM + VISITS, 60));
  await eventually(() => backend.kv.deltas.length > sent);
});

test('until there are enough rankings with a reward the status says how many there are, also for the rules of another schema after a version that learned', async () => {
  const learning = async () => {
    const { body } = await backend.call('GET', '/v1/status');
    return { has: body.learning, waits: body.learningWaits };
  };
  const waiting = (version: string, rewarded: number) => ({
    has: [],
    waits: [{ arm: 'champion', version, rewarded, minimum: 30 }],
  });
  await send(backend, visits(0, 20));
  await eventually(async () => isDeepStrictEqual(await learning(), waiting('v000000', 20)));
  await send(backend, visits(20, WARM));
  await measured('champion');
  expect(await learning()).toMatchObject({ has: [{ version: 'v000000' }] });
  await eventually(async () => isDeepStrictEqual((await learning()).waits, []));
  const rate = { name: 'click-rate', kind: 'learned', of: 'clickRate', days: 7, buckets: 5 };
  const schema = { ...definition, features: [...definition.features, rate] };
  const applied = await backend.call('POST', '/v1/schema', { schema });
  expect(applied).toMatchObject({ status: 200, body: { version: 'v000001' } });
  await eventually(async () => isDeepStrictEqual(await learning(), waiting('v000001', 0)));
});

test('by another reward other items gain from then on', async () => {
  await backend.call('PUT', '/v1/metric-weights/smarttrip', {
    weights: { save: 5 },
    author: 'ana',
    reason: 'clicks are cheap',
  });
  await send(backend, visits(0, WARM));
  await measured('champion');
  await send(backend, visits(WARM, VISITS));
  await eventually(() => leaning('champion')! < -1);
});

test('a hold forgets what was learned, and nothing is sent while it lasts', async () => {
  await send(backend, visits(0, WARM));
  await measured('champion');
  await send(backend, visits(WARM, VISITS));
  await eventually(() => leaning('champion')! > 1);
  await backend.call('POST', '/v1/weights/v000000/rollback');
  const store = await openStore(backend.config.database);
  await eventually(async () => (await readLearners(store)).length === 0);
  await store.close();
  const sent = backend.kv.deltas.length;
  await send(backend, visits(WARM + VISITS, 60));
  expect(backend.kv.deltas.length).toBe(sent);
  // A cell may have seen nothing of a hold that was short.
  await backend.call('POST', '/v1/weights/release');
  await eventually(() => backend.kv.deltas.length > sent);
  expect(backend.kv.deltas[sent].deltas).toEqual([]);
});

test('where learning is switched off, what was learned is dropped at the edge, and forgotten', async () => {
  await send(backend, visits(0, WARM));
  await measured('champion');
  await send(backend, visits(WARM, VISITS));
  await eventually(() => leaning('champion')! > 1);
  await backend.restart({ onlineLearning: { ...online, enabled: false } });
  const store = await openStore(backend.config.database);
  onTestFinished(() => store.close());
  await eventually(async () => (await readLearners(store)).length === 0);
  const last = backend.kv.deltas.slice(-2);
  expect(last).toMatchObject([
    { cell: 'EU', deltas: [], replaces: true },
    { cell: 'NA', deltas: [], replaces: true },
  ]);
  const sent = backend.kv.deltas.length;
  await send(backend, visits(WARM + VISITS, 60));
  expect(backend.kv.deltas.length).toBe(sent);
});

test('nothing is sent to an edge that would give it to every session', async () => {
  backend.kv.holdsOut = false;
  await send(backend, visits(0, WARM));
  await measured('champion');
  await send(backend, visits(WARM, VISITS));
  const store = await openStore(backend.config.database);
  onTestFinished(() => store.close());
  await eventually(async () => (await readLearners(store))[0].slates > VISITS / 2);
  expect(backend.kv.deltas).toEqual([]);
  backend.kv.holdsOut = true;
  await eventually(() => leaning('champion')! > 1);
});

test('an edge that takes no numbers is sent one cell at a time', async () => {
  backend.kv.numbersDeltas = false;
  await send(backend, visits(0, WARM));
  await measured('champion');
  await send(backend, visits(WARM, VISITS));
  await eventually(() => leaning('champion')! > 1);
  const [one, other] = backend.kv.deltas;
  expect(one).toMatchObject({ arm: 'champion', cell: 'EU', replaces: true });
  expect(one).not.toHaveProperty('number');
  expect(other).toEqual({ ...one, cell: 'NA' });
});

test('what does harm is dropped at the edge, nothing more is learned of the version, and it is an alert', async () => {
  await send(backend, visits(0, WARM));
  await measured('champion');
  await send(backend, visits(WARM, VISITS));
  await eventually(() => leaning('champion')! > 1);
  const store = await openStore(backend.config.database);
  onTestFinished(() => store.close());
  expect((await readStoppedLearning(store)).findings).toEqual([]);
  const at = Date.now();
  for (const [arm, count, clicked] of [
    ['holdout', 400, 0.8],
    ['learned', 800, 0.3],
  ] as const) {
    const random = seededRandom(count);
    const decisions = Array.from({ length: count }, (_, i) => ({
      ...randomVisit(10_000 + count + i, SLOTS, random),
      at: at + i,
      arm: `learning-champion-v000000:${arm}`,
    }));
    const events = decisions
      .filter(() => random() < clicked)
      .map((one) => happened(one, 'click', { afterMs: 900 }));
    await send(backend, { batchId: arm, decisions, events });
  }
  await eventually(async () => (await readStoppedLearning(store)).findings.length > 0);
  const { findings } = await readStoppedLearning(store);
  expect(findings[0]).toMatchObject({
    key: 'learning stopped: champion v000000',
    message: expect.stringMatching(/click_through changes by -.* which is a loss/),
  });
  await eventually(() => backend.kv.deltas.slice(-2).every(({ deltas }) => deltas.length === 0));
  expect(backend.kv.deltas.slice(-2).map(({ cell }) => cell)).toEqual(['EU', 'NA']);
  const sent = backend.kv.deltas.length;
  await send(backend, visits(WARM + VISITS, 60));
  await eventually(async () => (await readLearners(store))[0].stoppedAt !== null);
  expect(backend.kv.deltas.length).toBe(sent);
});

test('arms learn by the reward of their own policy, and arms frozen to a version do not learn', async () => {
  await appendLearned(backend.config.database, { save: 7 });
  const begin = async (name: string, arms: object[], aa = false) => {
    const made = await backend.call('POST', '/v1/experiments', { name, arms, traffic: 0.4, aa });
    expect(made).toMatchObject({ status: 201 });
    const { id } = made.body as { id: string };
    expect((await backend.call('POST', `/v1/experiments/${id}/start`)).status).toBe(200);
    return id;
  };
  const arm = (name: string, reward?: string) => ({ name, weight: 50, ...(reward && { reward }) });
  await begin('frozen', [arm('one'), arm('other')], true);
  const policies = await begin('do weights pay', [arm('fixed', 'fixed'), arm('own', 'adaptive')]);
  await send(backend, visits(0, WARM));
  const learning = ['champion', `${policies}:fixed`, `${policies}:own`];
  await measured(...learning);
  await send(backend, visits(WARM, VISITS));
  await eventually(() => learning.every((one) => leaning(one) !== undefined));
  await eventually(() => leaning(`${policies}:fixed`)! > 1);
  await eventually(() => leaning(`${policies}:own`)! < -1);
  // The champion's policy is fixed: what was learned is only shown.
  await eventually(() => leaning('champion')! > 1);
  const arms = backend.kv.deltas.map((batch) => batch.arm);
  expect([...new Set(arms)].toSorted()).toEqual(learning.toSorted());
});
