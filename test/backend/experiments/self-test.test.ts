import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appendLearned } from '../reward/support/append-learned.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { selfTestOf } from '../../../backend/experiments/self-test.ts';
import { runCli } from '../cli/support/cli.ts';
import {
  eventually,
  SECRET_KEY,
  NO_TRAINING,
  startTestBackend,
  type TestBackend,
} from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { randomVisit } from '../support/visits.ts';
import { happened } from '../log/support/log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const SLOTS = 4;
const LEARNED = { save: 7 };

let backend: TestBackend;
beforeAll(async () => {
  // Daily, as fast as a test can wait for.
  backend = await startTestBackend({
    training: { ...NO_TRAINING, schedule: '*/2 * * * * *' },
  });
  await send(backend, { batchId: 'visits', ...visits() });
});
afterAll(() => backend.close());

/** Visitors who click anything and save the first. */
function visits() {
  const random = seededRandom(5);
  const decisions = Array.from({ length: 300 }, (_, n) => randomVisit(n, SLOTS, random));
  const events = decisions.flatMap((decision, n) => [
    happened(decision, 'save', { afterMs: 900 }),
    happened(decision, 'click', { slot: n % SLOTS, afterMs: 900 }),
  ]);
  return { decisions, events };
}

const trimtab = (line: string) =>
  runCli(['experiments', ...line.split(' '), '--backend', backend.url], {
    TRIMTAB_KEY: SECRET_KEY,
  });

test('one command starts the test of the metric weights: arms are trained on fixed and on learned reward', async () => {
  await appendLearned(backend.config.database, LEARNED);
  const made = await trimtab(
    'create --name do-weights-pay --self-test --target renewal --start --json',
  );
  expect(made.stderr).toBe('');
  const { id, metrics, arms, status } = JSON.parse(made.stdout);
  expect(status).toBe('running');
  expect(metrics).toMatchObject([{ name: 'outcome.renewal', kind: 'mean' }]);
  expect(arms).toMatchObject([
    { name: 'fixed', reward: 'fixed', version: 'v000000' },
    { name: 'adaptive', reward: 'adaptive', version: 'v000000' },
  ]);
  const trained = await eventually(async () => {
    const found = (await backend.call('GET', `/v1/experiments/${id}`)).body;
    return found.arms.every(({ version }: { version: string }) => version !== 'v000000') && found;
  });
  // What follows needs no more training.
  await backend.restart({ training: NO_TRAINING });
  const lineageOf = async (arm: number) =>
    (await backend.call('GET', `/v1/weights/${trained.arms[arm].version}`)).body.lineage;
  expect((await lineageOf(0)).reward).toEqual(smarttrip.training.reward);
  expect((await lineageOf(1)).reward).toEqual(LEARNED);
  const pointer = JSON.parse(backend.kv.text('WEIGHTS/active')!);
  expect(Object.keys(pointer.arms)).toEqual([`${id}:fixed`, `${id}:adaptive`]);
  const { entries } = (await backend.call('GET', '/v1/audit?limit=200')).body;
  expect(
    entries.find(({ action }: { action: string }) => action === 'train arm').details,
  ).toMatchObject({ before: expect.stringMatching(/^v/), version: expect.stringMatching(/^v/) });

  const shown = await trimtab(`show ${id}`);
  expect(shown.stdout).toContain('not enough data: 0 of 1,000 sessions');
  expect(shown.stdout).toContain('do-weights-pay');
  expect((await trimtab(`stop ${id}`)).stdout).toContain('stopped');
});

test('the command line says what is wrong, and how many sessions it takes', async () => {
  const noTarget = await trimtab('create --name x --self-test');
  expect(noTarget).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('a self-test needs a long-term value'),
  });
  const badArm = await trimtab('create --name x --arm control:v000001');
  expect(badArm.stderr).toContain('It must look like control=v000001:50');
  const size = await trimtab('size --rate 0.05 --mde 0.2 --per-day 1000');
  expect(size.stdout).toMatch(
    /per arm +16,897\ntotal +33,794\nfixed horizon +8,158 per arm, .*\neffect +0.01\ndays +34/,
  );
  const draft = await trimtab(
    'create --name bold --traffic 0.5 --guardrail conversion=0.01 --arm control=:50 --arm again=v000000:50 --aa --json',
  );
  const { id, guardrails } = JSON.parse(draft.stdout);
  expect(guardrails).toEqual([{ metric: 'conversion', margin: 0.01 }]);
  expect((await trimtab(`start ${id}`)).stdout).toContain('50 % of the sessions of layer weights');
  expect((await trimtab(`widen ${id} 0.6`)).stdout).toContain('60 % of the sessions');
  const directory = temporaryFolder();
  const file = join(directory, 'hot.json');
  const exploration = { temperature: 40, epsilon: 0.1, poolSize: 50 };
  const hot = [
    { name: 'control', weight: 50 },
    { name: 'hot', weight: 50, exploration },
  ];
  writeFileSync(file, JSON.stringify({ layer: 'exploration', traffic: 0.3, arms: hot }));
  const ofFile = JSON.parse((await trimtab(`create --name hot --file ${file} --json`)).stdout);
  expect(ofFile).toMatchObject({ layer: 'exploration', traffic: 0.3, arms: [{}, { exploration }] });
  const list = await trimtab('list');
  expect(list.stdout).toMatch(new RegExp(`${id.slice(0, 12)} +bold +running +weights +60 %`));
});

test.each([
  [{ kind: 'happened', outcome: 'renewal', horizonDays: 90 }, 'proportion'],
  [{ kind: 'sum', outcome: 'value', horizonDays: 365 }, 'mean'],
  [{ kind: 'mean daily', outcome: 'use', horizonDays: 30 }, 'mean'],
] as const)('without an outcome of its own it is read on %j', (target, kind) => {
  const name = `outcome.${target.outcome}`;
  const { horizonDays } = target;
  const metrics = [{ name, kind, numerator: name, better: 'higher', horizonDays }];
  expect(selfTestOf(true, target).metrics).toEqual(metrics);
  // As the target is read, whichever way it is named.
  expect(selfTestOf(target.outcome, target).metrics).toEqual(metrics);
  expect(selfTestOf('worth', target).metrics[0]).not.toHaveProperty('horizonDays');
  expect(selfTestOf('worth', target).metrics).toMatchObject([{ numerator: 'outcome.worth' }]);
});
