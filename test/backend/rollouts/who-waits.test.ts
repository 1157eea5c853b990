import { afterEach, beforeEach, expect, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { whoWaits } from '../../../backend/rollouts/who-waits.ts';
import { readRollout } from '../../../backend/rollouts/rollout-rows.ts';
import { weights } from '../../../backend/store/tables.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { openRolloutServices, type RolloutTestServices } from './support/rollout-services.ts';
import { atEveryStage, FREE } from './support/stages.ts';

const GATE = { verdict: 'promote', reason: 'gain above 0' } as const;

let services: RolloutTestServices;
beforeEach(async () => {
  services = await openRolloutServices({ steps: atEveryStage(FREE) });
});
afterEach(() => services.close());

/** A rollout of a version whose gate had this gain to go by. */
async function propose(
  name: string,
  gain: { mean: number; low: number; high: number },
  decidedBy = 'held-out gain',
) {
  const { store, rollouts } = services;
  const version = await services.newVersion(name);
  const lineage = { parent: RULES_VERSION, gate: { decidedBy, gain } };
  await store.write([
    store.db.update(weights).set({ lineage }).where(eq(weights.version, version)),
  ]);
  return rollouts.propose(version, GATE, 'ana');
}

const waiting = async (gain: { mean: number; low: number; high: number }, decidedBy?: string) => {
  const first = await propose('first', { mean: 0.02, low: 0.01, high: 0.03 });
  // Until visitors are shown it, or the next one would take its place.
  await services.rollouts.advance();
  await propose('next', gain, decidedBy);
  return whoWaits(services.store, await readRollout(services.store, first));
};

test('one that waits is better where its gain is certainly larger', async () => {
  const { successor } = await waiting({ mean: 0.05, low: 0.04, high: 0.06 });
  expect(successor).toEqual({ version: 'v000002', isBetter: true });
});

test('where the intervals of both gains overlap, it is not known to be better', async () => {
  const { successor } = await waiting({ mean: 0.033, low: 0.022, high: 0.044 });
  expect(successor).toEqual({ version: 'v000002', isBetter: false });
});

test('gains of different evidence are not compared', async () => {
  const { successor } = await waiting({ mean: 0.05, low: 0.04, high: 0.06 }, 'off-policy gain');
  expect(successor).toEqual({ version: 'v000002', isBetter: false });
});
