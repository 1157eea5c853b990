import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ingest } from '../../../backend/log/ingest/ingest.ts';
import { readStandstills } from '../../../backend/monitor/rollout-standstill.ts';
import { replayDecisions } from '../../../backend/rollouts/replay-decisions.ts';
import { decisionsOf, readRollout } from '../../../backend/rollouts/rollout-rows.ts';
import { alerts, experiments, weights } from '../../../backend/store/tables.ts';
import { RULES_VERSION, type Version } from '../../../shared/domain/ids.ts';
import { visit } from '../../world/visits.ts';
import { openRolloutServices, type RolloutTestServices } from './support/rollout-services.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const GATE = { verdict: 'promote', reason: 'not refused' } as const;
const SESSIONS_A_DAY = 2500;

let services: RolloutTestServices;
let day: number;
beforeEach(async () => {
  services = await openRolloutServices({ minimumPerArm: 30 });
  day = 0;
});
afterEach(() => services.close());

/** A day of visitors who click the better for it, and a decision. */
async function aDay(worth: (version: Version) => number = () => 1) {
  const { clock, store, rollouts } = services;
  const [from, to] = [clock.nowMs, clock.nowMs + DAY_MS];
  const batch = visit({
    pointer: services.pointer(),
    from,
    to,
    sessions: SESSIONS_A_DAY,
    seed: ++day,
    clickRate: (version) => 0.3 * worth(version),
  });
  clock.nowMs = to;
  await ingest(store, batch, to);
  await rollouts.advance();
  return batch;
}

const rolloutOf = (id: string) => readRollout(services.store, id);
const proposed = async (name: string) => {
  const version = await services.newVersion(name);
  return { version, id: await services.rollouts.propose(version, GATE, 'ana') };
};
const doubted = () =>
  services.store.write([
    services.store.db.insert(alerts).values({
      key: 'quality',
      kind: 'data quality',
      message: 'half a day is missing',
      details: {},
      openedAt: 1,
      lastSeenAt: 1,
    }),
  ]);
/** A canary of 5 % that stands still, as the data are in doubt. */
const standingStill = async () => {
  await aDay();
  const started = await proposed('stuck');
  await aDay();
  await doubted();
  await aDay();
  expect((await rolloutOf(started.id)).stage).toBe('interleaved');
  return started;
};

test('where few come, slates are interleaved, clicks say which is preferred, and the canary goes on from there', async () => {
  await aDay();
  const { version, id } = await proposed('better');
  const better = (one: Version) => (one === version ? 1.8 : 1);
  await aDay(better);
  expect(await rolloutOf(id)).toMatchObject({ stage: 'interleaved' });
  const [layer] = services.pointer().layers!;
  expect(layer.experiments).toMatchObject([
    {
      design: 'interleaved',
      trigger: 'slate differs',
      traffic: 0.1,
      arms: [{ name: 'champion' }, { name: 'challenger' }],
    },
  ]);
  let interleaved = 0;
  while ((await rolloutOf(id)).stage === 'interleaved') {
    const { decisions } = await aDay(better);
    const drafted = decisions.filter(({ teams }) => teams !== undefined);
    interleaved += drafted.length;
    expect(drafted.every((one) => one.weights === RULES_VERSION)).toBe(true);
  }
  expect(await rolloutOf(id)).toMatchObject({ stage: 'canary 5' });
  const log = await decisionsOf(services.store, id);
  expect(log.at(-1)!.why).toMatch(/interleaving prefers it in .* on to canary 5$/);
  const { sessions, gain } = log.at(-1)!.evidence;
  expect(sessions).toBe(interleaved);
  expect(gain!.interleaving).toMatchObject({ n: interleaved });
  expect(services.pointer().layers![0].experiments).toMatchObject([
    { design: 'split', trigger: 'ranked', traffic: 1, arms: [{ weight: 0.05 }, { weight: 0.95 }] },
  ]);
  for (let more = 0; more < 12 && services.pointer().champion !== version; more++)
    await aDay(better);
  expect(services.pointer().champion).toBe(version);
  const whole = await decisionsOf(services.store, id);
  expect(replayDecisions(whole)).toEqual(whole);
});

test('what is preferred less is withdrawn, and was alone in no slate', async () => {
  await aDay();
  const { version, id } = await proposed('worse');
  const worse = (one: Version) => (one === version ? 0.3 : 1);
  let alone = 0;
  for (let more = 0; more < 10 && (await rolloutOf(id)).endedAt === null; more++) {
    const { decisions } = await aDay(worse);
    alone += decisions.filter((one) => one.weights === version).length;
  }
  expect(await rolloutOf(id)).toMatchObject({ stage: 'withdrawn' });
  expect(alone).toBe(0);
  const log = await decisionsOf(services.store, id);
  expect(log.at(-1)!.why).toMatch(/which is less than half: v000001 is withdrawn for v000000$/);
});

test('one that stands still is an alert that says who must decide what, until it goes on', async () => {
  const { store, clock } = services;
  const { id } = await standingStill();
  const look = (afterMs: number) => readStandstills(store, { minutes: 60 }, clock.nowMs + afterMs);
  expect((await look(0)).findings).toEqual([]);
  expect((await look(HOUR_MS)).findings).toMatchObject([
    {
      key: `rollout stands still: ${id}`,
      message: expect.stringMatching(
        /^the rollout of v000001 stands still .*half a day is missing\).*an operator must decide: mend .* "trimtab promote v000001".*"trimtab rollouts withdraw v000001"$/,
      ),
    },
  ]);
  await store.write([store.db.update(alerts).set({ resolvedAt: 2 })]);
  await aDay();
  expect((await look(DAY_MS)).findings).toEqual([]);
});

test('one that stands still gives way to the next one after a day', async () => {
  const { store, clock, rollouts } = services;
  const first = await standingStill();
  clock.nowMs += 23 * HOUR_MS;
  const next = await proposed('next');
  expect((await rolloutOf(first.id)).stage).toBe('interleaved');
  clock.nowMs += HOUR_MS;
  await rollouts.advance();
  expect(await rolloutOf(first.id)).toMatchObject({
    stage: 'withdrawn',
    endedAt: expect.any(Number),
  });
  const log = await decisionsOf(store, first.id);
  expect(log.at(-1)!.why).toMatch(/has stood still for 24\.0 h, and gives way to v000002$/);
  await rollouts.advance();
  expect(await rolloutOf(next.id)).toMatchObject({ endedAt: null });
  const [row] = await store.db.select().from(experiments).where(eq(experiments.id, first.id));
  expect(row.status).toBe('stopped');
});

test.each([
  [0.2, 'withdrawn'],
  [0.05, 'interleaved'],
])(
  'a gain on held-out slates of %d or more against one of 0.1 leaves it %s',
  async (low, stage) => {
    const { store } = services;
    const first = await standingStill();
    const version = await services.newVersion('next');
    const lineage = (gain: object) => ({
      parent: RULES_VERSION,
      gate: { decidedBy: 'held-out gain', gain },
    });
    await store.write([
      store.db
        .update(weights)
        .set({ lineage: lineage({ mean: 0.1, low: 0.02, high: 0.18 }) })
        .where(eq(weights.version, first.version)),
      store.db
        .update(weights)
        .set({ lineage: lineage({ mean: 0.3, low, high: 0.4 }) })
        .where(eq(weights.version, version)),
    ]);
    await services.rollouts.propose(version, GATE, 'ana');
    expect((await rolloutOf(first.id)).stage).toBe(stage);
  },
);
