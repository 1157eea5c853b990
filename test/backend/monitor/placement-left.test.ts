import { afterEach, beforeEach, expect, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { leftPlacements, leftText } from '../../../backend/experiments/left-placements.ts';
import { experimentsOf } from '../../../backend/experiments/experiments.ts';
import { readExperiment } from '../../../backend/experiments/read-experiments.ts';
import { readLeftPlacements } from '../../../backend/monitor/placement-left.ts';
import { experiments } from '../../../backend/store/tables.ts';
import type { Placement } from '../../../shared/domain/placement.ts';
import {
  openRolloutServices,
  START_MS,
  type RolloutTestServices,
} from '../rollouts/support/rollout-services.ts';

let services: RolloutTestServices;
beforeEach(async () => {
  services = await openRolloutServices();
});
afterEach(() => services.close());

const HOUR_MS = 3_600_000;
const textsOf = async (id: string) => {
  const experiment = await readExperiment(services.store, id);
  return (await leftPlacements(services.store, experiment)).map((one) => leftText(experiment, one));
};
const alerts = async () => (await readLeftPlacements(services.store)).findings;

async function start(placements?: readonly string[]) {
  const { store, livePointer, clock } = services;
  const own = experimentsOf({
    store,
    refreshTraffic: (by) => livePointer.refreshTraffic(by),
    weightsInForce: async () => 0,
    ownMetrics: [],
    layerAt: () => undefined,
    nowMs: () => clock.nowMs,
  });
  const version = await services.newVersion('treatment');
  const { id } = await own.create(
    {
      name: 'mail',
      traffic: 0.1,
      arms: [
        { name: 'control', weight: 1 },
        { name: 'treatment', weight: 1, version },
      ],
      ...(placements && { placements }),
    },
    'ana',
  );
  await own.start(id, 'ana', false);
  return { id, stop: () => own.stop(id, 'ana') };
}
const begin = (placement: string) =>
  services.livePointer.begin(placement as Placement, undefined, 'backend');

test('an alert names each placement that left a running experiment, and none that it is not on', async () => {
  await begin('early');
  const { clock } = services;
  clock.nowMs += HOUR_MS;
  const mail = await start(['email', 'search']);
  const all = await start();
  expect(await alerts()).toEqual([]);

  clock.nowMs += HOUR_MS;
  await begin('email');
  await begin('constructor');
  expect((await alerts()).map(({ key, message }) => [key, message])).toEqual(
    expect.arrayContaining([
      [
        `placement left: ${mail.id} email`,
        expect.stringContaining(`(${mail.id}): placement email`),
      ],
      [`placement left: ${all.id} email`, expect.stringContaining('2026-10-01 02:00:00 UTC')],
      [`placement left: ${all.id} constructor`, expect.anything()],
    ]),
  );
  expect(await alerts()).toHaveLength(3);
  expect((await textsOf(mail.id)).join()).not.toContain('no other placement');

  // Given back, it is in the experiments again, whose reports say so, and nobody needs an alert.
  clock.nowMs += HOUR_MS;
  await services.livePointer.end('email', 'ana');
  expect((await alerts()).map(({ key }) => key)).toEqual([`placement left: ${all.id} constructor`]);
  expect(await textsOf(mail.id)).toEqual([
    'placement email had a lineage of its own from 2026-10-01 02:00:00 UTC on for a while, and none of its rankings entered this experiment meanwhile',
  ]);

  await all.stop();
  clock.nowMs += HOUR_MS;
  await begin('search');
  expect(await textsOf(all.id)).toHaveLength(2);
  expect((await alerts()).map(({ key }) => key)).toEqual([`placement left: ${mail.id} search`]);
});

test('a lineage that somebody wrote by hand is named without a time', async () => {
  const { id } = await start(['email']);
  const { kv, livePointer } = services;
  const pointer = services.pointer();
  kv.values.set(
    'WEIGHTS/active',
    Buffer.from(
      JSON.stringify({ ...pointer, placements: { email: { champion: pointer.champion } } }),
    ),
  );
  await livePointer.reconcile();
  expect(await textsOf(id)).toEqual([
    'placement email has a lineage of its own, so none of its rankings enters this experiment any more, and it is on no other placement',
  ]);
  expect(await alerts()).toHaveLength(1);
});

test('neither a draft, nor a rollout, nor an experiment of a lineage is left', async () => {
  await begin('home');
  const home = await start(['home']);
  const { id } = await start();
  const { store, clock } = services;
  await store.write([
    store.db.update(experiments).set({ kind: 'rollout' }).where(eq(experiments.id, id)),
  ]);
  clock.nowMs += HOUR_MS;
  await begin('email');
  expect(await textsOf(home.id)).toEqual([]);
  expect(await textsOf(id)).toEqual([]);
  expect(await alerts()).toEqual([]);
  expect(clock.nowMs).toBe(START_MS + HOUR_MS);
});
