import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, expect, inject, it, vi } from 'vitest';
import { seededRandom } from '../../../shared/explore/random.ts';
import type { Env } from '../../../edge/platform/env.ts';
import { articles, DOCUMENTED_RANK } from '../support/articles.ts';
import { fakeBackend, shipAll, type FakeBackend } from '../support/backend.ts';
import { coldIsolate, SECRET, type Isolate } from '../support/edge.ts';
import { publishScorer } from '../support/publish.ts';

const { seed: SEED, times: TIMES } = inject('fuzz');

let backend: FakeBackend;
beforeAll(() => publishScorer('v000001', { schema: articles, exploration: articles.exploration }));
beforeEach(async () => {
  backend = fakeBackend();
  await shipAll();
  backend.sent.length = 0;
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => vi.restoreAllMocks());

/** What becomes of a call to an object: `unheard` is done and its answer lost, `late` is done at some later moment, and its answer lost as well. */
type Fate = 'done' | 'refused' | 'unheard' | 'late';
type Method = (...given: unknown[]) => Promise<unknown>;

/** Objects whose calls end as `fateOf` says of the method; `settle` does what is late. */
function failing(
  namespace: Env['EVENT_LOG'] | NonNullable<Env['TOKEN_KEEPER']>,
  fateOf: (method: string) => Fate,
) {
  const late: (() => Promise<unknown>)[] = [];
  const settle = async () => {
    for (const one of late.splice(0)) await one().catch(() => undefined);
  };
  const binding = {
    idFromName: (name: string) => namespace.idFromName(name),
    get: (id: DurableObjectId) =>
      new Proxy(
        {},
        {
          get:
            (_, method: string) =>
            async (...given: unknown[]) => {
              const object = namespace.get(id) as unknown as Record<string, Method>;
              const call = () => object[method](...given);
              const fate = fateOf(method);
              if (fate === 'late') late.push(call);
              if (fate === 'refused' || fate === 'late') throw new Error('moved');
              const answer = await call();
              if (fate === 'unheard') throw new Error('lost');
              return answer;
            },
        },
      ),
  };
  return { binding, settle };
}

const rank = async (isolate: Isolate, eventId: string) => {
  const response = await isolate.fetch('/personalizer/v1.0/rank', {
    headers: { 'Ocp-Apim-Subscription-Key': SECRET },
    body: { ...DOCUMENTED_RANK, eventId },
  });
  return { status: response.status, text: await response.text() };
};
const lostIn = async (isolate: Isolate) => {
  const response = await isolate.fetch('/v1/version', { key: SECRET });
  return (await response.json<{ lostDecisions: number }>()).lostDecisions;
};
const loggedIds = async () => {
  await shipAll();
  const ids = backend.sent.flatMap(({ decisions }) => decisions.map(({ rankingId }) => rankingId));
  backend.sent.length = 0;
  return new Set(ids);
};

it.each<Fate[]>([
  ['unheard', 'unheard'],
  ['unheard', 'refused'],
  ['refused', 'unheard'],
  ['late', 'refused'],
])(
  'where both attempts to keep a ranking fail (%s, %s) though it is kept, it is logged once it is answered',
  async (...fates) => {
    const eventId = `kept unheard ${fates.join()}`;
    const keepers = failing(env.TOKEN_KEEPER!, (method) =>
      method === 'keep' ? (fates.shift() ?? 'done') : 'done',
    );
    const isolate = coldIsolate({ DROP_IN: 'personalizer', TOKEN_KEEPER: keepers.binding });
    expect((await rank(isolate, eventId)).status).toBe(503);
    await keepers.settle();
    expect((await loggedIds()).size).toBe(0);
    const answer = await rank(coldIsolate({ DROP_IN: 'personalizer' }), eventId);
    expect(answer.status).toBe(201);
    expect((await loggedIds()).size).toBe(1);
    // It is known to be logged now, and the object no longer has it.
    expect(await rank(isolate, eventId)).toEqual(answer);
    expect((await loggedIds()).size).toBe(0);
  },
);

it('is not answered as long as it can be neither logged nor counted', async () => {
  let isDown = true;
  const keepers = failing(env.TOKEN_KEEPER!, () => (isDown ? 'unheard' : 'done'));
  const logs = failing(env.EVENT_LOG, () => (isDown ? 'refused' : 'done'));
  const isolate = () =>
    coldIsolate({
      DROP_IN: 'personalizer',
      TOKEN_KEEPER: keepers.binding,
      EVENT_LOG: logs.binding,
    });
  expect((await rank(isolate(), 'neither')).status).toBe(503);
  const working = coldIsolate({ DROP_IN: 'personalizer', EVENT_LOG: logs.binding });
  expect((await rank(working, 'neither')).status).toBe(503);
  isDown = false;
  expect((await rank(working, 'neither')).status).toBe(201);
  expect((await loggedIds()).size).toBe(1);
});

it(`in any order of failures what was answered is one ranking, and logged or counted as lost (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  const fates: readonly Fate[] = ['done', 'done', 'refused', 'unheard', 'late'];
  const draw = () => fates[Math.floor(random() * fates.length)];
  for (let world = 0; world < 12 * TIMES; world++) {
    const keepers = failing(env.TOKEN_KEEPER!, draw);
    const logs = failing(env.EVENT_LOG, draw);
    const isolates = [0, 1].map(() =>
      coldIsolate({
        DROP_IN: 'personalizer',
        TOKEN_KEEPER: keepers.binding,
        EVENT_LOG: logs.binding,
      }),
    );
    const answers = new Set<string>();
    for (let asked = 0; asked < 5; asked++) {
      const { status, text } = await rank(isolates[random() < 0.5 ? 0 : 1], `world ${world}`);
      expect([201, 503]).toContain(status);
      if (status === 201) answers.add(text);
      if (random() < 0.5) await keepers.settle();
      if (random() < 0.5) await logs.settle();
    }
    await keepers.settle();
    await logs.settle();
    const logged = await loggedIds();
    const lost = (await lostIn(isolates[0])) + (await lostIn(isolates[1]));
    expect(answers.size).toBeLessThanOrEqual(1);
    expect(logged.size).toBeLessThanOrEqual(1);
    if (answers.size > 0) expect(logged.size + lost).toBeGreaterThanOrEqual(1);
  }
});
