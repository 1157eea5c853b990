import { afterEach, beforeEach, expect, test } from 'vitest';
import { servedArms } from '../../../backend/experiments/served-arms.ts';
import { readRollout } from '../../../backend/rollouts/rollout-rows.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { armKey } from '../../../shared/domain/experiment.ts';
import type { Placement } from '../../../shared/domain/placement.ts';
import { atEveryStage, FREE } from './support/stages.ts';
import { openRolloutServices, type RolloutTestServices } from './support/rollout-services.ts';

const GATE = { verdict: 'promote', reason: 'gain above 0' } as const;

let services: RolloutTestServices;
beforeEach(async () => {
  services = await openRolloutServices({ steps: atEveryStage(FREE) });
  await services.livePointer.begin('home' as Placement, RULES_VERSION, 'backend');
});
afterEach(() => services.close());

const stageOf = async (id: string) => (await readRollout(services.store, id)).stage;
const until = async (id: string, stage: string) => {
  for (let i = 0; i < 12 && (await stageOf(id)) !== stage; i++) await services.rollouts.advance();
  expect(await stageOf(id)).toBe(stage);
};
const propose = async (name: string, placement?: string) => {
  const version = await services.newVersion(name);
  return { version, id: await services.rollouts.propose(version, GATE, 'ana', placement) };
};

test('rollouts of two lineages go on beside each other, each to its own champion', async () => {
  const main = await propose('for all');
  const home = await propose('for home', 'home');
  await services.rollouts.advance();
  for (const { id } of [main, home]) await until(id, 'canary 5');
  const pointer = services.pointer();
  expect(pointer.arms).toEqual({ [armKey(main.id, 'challenger')]: main.version });
  expect(pointer.placements!.home).toMatchObject({
    champion: RULES_VERSION,
    arms: { [armKey(home.id, 'challenger')]: home.version },
  });
  // Which revisions had which share is found in the lineage as well.
  const served = await servedArms(services.store, home.id);
  expect(served.at(-1)).toMatchObject({ revision: pointer.revision, design: 'split' });
  expect(served.length).toBeGreaterThan(1);

  await services.livePointer.rollback(RULES_VERSION, 'ben', 'home');
  await services.rollouts.noticeManualMove();
  expect(await stageOf(home.id)).toBe('hold');
  expect(await stageOf(main.id)).not.toBe('hold');
  expect(services.pointer().placements!.home).toMatchObject({ hold: true });
  expect(services.pointer().placements!.home.arms).toBeUndefined();
  await services.livePointer.release('ben', 'home');

  for (let i = 0; i < 12; i++) await services.rollouts.advance();
  expect(await stageOf(main.id)).toBe('champion');
  expect(services.pointer()).toMatchObject({
    champion: main.version,
    placements: { home: { champion: RULES_VERSION } },
  });
  const next = await propose('for home again', 'home');
  for (let i = 0; i < 12; i++) await services.rollouts.advance();
  expect(await stageOf(next.id)).toBe('champion');
  expect(services.pointer()).toMatchObject({
    champion: main.version,
    placements: { home: { champion: next.version, by: `rollout ${next.id}` } },
  });
});

test('what stands still says the command of its own placement', async () => {
  const home = await propose('for home', 'home');
  await services.livePointer.rollback(RULES_VERSION, 'ben', 'home');
  await services.rollouts.noticeManualMove();
  const decision = await services.rollouts.advance();
  expect(decision?.stuck).toContain('"trimtab release --placement home"');
  expect(await stageOf(home.id)).toBe('hold');
});

test.each([
  ['is over', false],
  ['that was withdrawn before its pointer moved is over', true],
])('a rollout %s once its lineage has ended', async (_, isWithdrawn) => {
  const home = await propose('for home', 'home');
  await services.rollouts.advance();
  await services.livePointer.end('home', 'ana');
  if (isWithdrawn) await services.rollouts.withdraw(home.id, 'ana');
  for (let i = 0; i < 4; i++) await services.rollouts.advance();
  expect(await readRollout(services.store, home.id)).toMatchObject({
    stage: 'withdrawn',
    endedAt: expect.any(Number),
  });
  expect(services.pointer().placements).toBeUndefined();
  await expect(propose('too late', 'home')).rejects.toThrow(/no lineage of its own/);
});

test('a lineage begins with what is the champion by then, and not while that is held', async () => {
  const version = await services.newVersion('for all');
  const { livePointer } = services;
  const begin = (placement: string) =>
    livePointer.begin(placement as Placement, undefined, 'backend');
  await Promise.all([livePointer.promote(version, 'ana'), begin('search')]);
  expect(services.pointer().placements!.search).toMatchObject({ champion: version });

  await livePointer.rollback(RULES_VERSION, 'ben');
  await expect(begin('email')).rejects.toMatchObject({ code: 'on_hold' });
  await livePointer.release('ben');
  await begin('email');
  expect(services.pointer()).toMatchObject({
    champion: RULES_VERSION,
    placements: { email: { champion: RULES_VERSION }, search: { champion: version } },
  });
});
