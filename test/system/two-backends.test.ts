import { afterAll, beforeAll, expect, test } from 'vitest';
import { replayDecisions } from '../../backend/rollouts/replay-decisions.ts';
import { parseRollout } from '../../backend/rollouts/settings.ts';
import { openStore } from '../../backend/store/open.ts';
import { runs } from '../../backend/store/tables.ts';
import {
  eventually,
  NO_TRAINING,
  startTestBackend,
  type TestBackend,
} from '../backend/support/backend.ts';
import { atEveryStage, FREE, STAGES } from '../backend/rollouts/support/stages.ts';
import { sizedForHours } from '../support/size.ts';

const EVERY_SECOND = '* * * * * *';

const TRAINING = { training: { ...NO_TRAINING, schedule: EVERY_SECOND } };

const TRAININGS = sizedForHours(2, 3);

let one: TestBackend;
let two: Pick<TestBackend, 'call' | 'close'>;
beforeAll(async () => {
  one = await startTestBackend({
    rollout: parseRollout({
      mode: 'direct',
      schedule: EVERY_SECOND,
      steps: atEveryStage(FREE),
    }),
  });
  two = await beside();
});
afterAll(async () => {
  await two?.close();
  await one?.close();
});

/** A second one, once it is ready. */
async function beside(changes: Parameters<TestBackend['beside']>[0] = {}) {
  const other = await one.beside(changes);
  await eventually(async () => (await other.call('GET', '/health/ready')).status === 200);
  return other;
}
const either = () => [one, two];
const add = async (through: Pick<TestBackend, 'call'>) =>
  (await through.call('POST', '/v1/weights', { name: 'added', points: {} })).body.version as string;
/** The backends that trained since, one entry per run. */
const trainedBy = async (through: Pick<TestBackend, 'call'>, sinceMs: number) => {
  const { body } = await through.call('GET', '/v1/runs?limit=200');
  const recent = body.runs.filter((run: { startedAt: number }) => run.startedAt >= sinceMs);
  return recent.map((run: any) => run.params.backend as string) as string[];
};

test('versions that both store at once get numbers of their own', async () => {
  const versions = await Promise.all([0, 1, 2, 3, 4, 5].map((i) => add(either()[i % 2])));
  expect(versions.toSorted()).toEqual([1, 2, 3, 4, 5, 6].map((n) => `v00000${n}`));
});

test('one of the two decides: a rollout that the other one started goes every step once', async () => {
  const version = await add(two);
  const { body } = await two.call('POST', '/v1/rollouts', { version, force: true });
  await eventually(
    async () => (await one.call('GET', '/v1/status')).body.weights.version === version,
  );
  await eventually(
    async () => (await two.call('GET', `/v1/rollouts/${body.id}`)).body.endedAt !== null,
  );
  const { decisions } = (await one.call('GET', `/v1/rollouts/${body.id}?all=true`)).body;
  expect(replayDecisions(decisions)).toEqual(decisions);
  expect(decisions.map(({ next }: any) => next.stage)).toEqual([...STAGES, 'champion']);
});

test('both move the pointer at once, again and again, and neither takes the other for a hand', async () => {
  const versions = [await add(one), await add(two)];
  for (let round = 0; round < 5; round++)
    await Promise.all(
      either().map((backend, i) => backend.call('POST', `/v1/weights/${versions[i]}/promote`)),
    );
  const { weights } = (await one.call('GET', '/v1/status')).body;
  expect(versions).toContain(weights.version);
  expect(weights.hold).toBe(false);
  expect(JSON.parse(one.kv.text('WEIGHTS/active')!).champion).toBe(weights.version);
  const { entries } = (await two.call('GET', '/v1/audit?limit=200')).body;
  expect(entries.map(({ action }: { action: string }) => action)).not.toContain(
    'pointer moved by hand',
  );
});

test('a catalogue that goes back through one of them is live, although the other published in between', async () => {
  const item = (price: number) => [{ id: 'a', price, themes: ['hiking'] }];
  const liveHash = () => JSON.parse(one.kv.text('CATALOGUE/active')!).hash as string;
  const put = async (through: Pick<TestBackend, 'call'>, price: number) => {
    const before = liveHash();
    await through.call('PUT', '/v1/items', item(price));
    await eventually(async () => liveHash() !== before);
    return liveHash();
  };
  const first = await put(one, 100);
  await put(two, 200);
  expect(await put(one, 100)).toBe(first);
});

test(`one of the two trains, ${TRAININGS} times in a row, whichever of them ends`, async () => {
  const someTrain = async () => {
    const since = Date.now();
    await eventually(async () => (await trainedBy(one, since)).length >= TRAININGS);
    expect(new Set(await trainedBy(one, since)).size).toBe(1);
  };
  // Both train only from here on: a run costs more than all that the tests before it do.
  await two.close();
  await one.restart(TRAINING);
  two = await beside(TRAINING);
  await someTrain();
  await one.restart(TRAINING);
  await someTrain();
  await two.close();
  await someTrain();
  two = await beside(TRAINING);
});

test('a run of a backend that lives is left alone when another one starts, and one of a dead one is closed', async () => {
  const since = Date.now();
  const [alive] = (await eventually(async () => {
    const backends = await trainedBy(one, since);
    return backends.length > 0 ? backends : undefined;
  }))!;
  const store = await openStore(one.config.database);
  const row = { status: 'running', progress: {}, startedAt: 1 } as const;
  await store.write([
    store.db.insert(runs).values({ ...row, id: 'run_alive', params: { backend: alive } }),
    store.db.insert(runs).values({ ...row, id: 'run_dead', params: { backend: 'gone' } }),
  ]);
  await store.close();
  const third = await one.beside({ training: NO_TRAINING });
  const statusOf = async (id: string) => (await third.call('GET', `/v1/runs/${id}`)).body.status;
  expect([await statusOf('run_alive'), await statusOf('run_dead')]).toEqual(['running', 'failed']);
  await third.close();
});
