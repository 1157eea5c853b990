import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, openDatabase, putItems, train } from '../support/client.ts';
import { storedDecisions } from '../support/stored-decisions.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

const VISITS = 240;
const ACTIONS = ['News', 'Sports', 'Culture'];
const schema = {
  name: 'articles',
  columns: [{ name: 'type', type: 'category' }],
  features: [
    { name: 'time', kind: 'context', key: 'timeOfDay', values: ['Morning', 'Evening'] },
    { name: 'type', kind: 'category', column: 'type', values: ACTIONS },
    { name: 'time-type', kind: 'cross', of: ['time', 'type'] },
  ],
  rules: {},
  exploration: { temperature: 1, epsilon: 0.3, poolSize: 50 },
  training: { objective: 'pointwise', reward: { reward_value: 1, booking: 1 } },
};
/** In the morning people like news, and in the evening sports: the site tells by rewards alone. */
const liked = { Morning: 'News', Evening: 'Sports' } as const;

let system: System;
beforeAll(async () => {
  system = await startSystem({ schema, edgeEnv: { DROP_IN: 'personalizer,metarank' } });
  await putItems(system, [{ id: 'nothing', type: 'Culture' }]);
});
afterAll(() => system?.stop());

const ask = async (path: string, body?: object) => {
  const answer = await system.edge.ask(path, {
    method: 'POST',
    headers: { 'ocp-apim-subscription-key': system.keys.secretKey },
    body: body ?? {},
  });
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return answer;
};
interface Ranked {
  readonly ranking: readonly { readonly id: string; readonly probability: number }[];
  readonly rewardActionId: string;
}
const rank = async (eventId: string, timeOfDay: keyof typeof liked) => {
  const answer = await ask('/personalizer/v1.0/rank', {
    contextFeatures: [{ timeOfDay }],
    actions: ACTIONS.map((type) => ({ id: type.toLowerCase(), features: [{ type }] })),
    eventId,
  });
  return answer.json<Ranked>();
};

it(
  'a site that leaves Personalizer is learned for from its own requests, and one that leaves Metarank beside it',
  { timeout: 600_000 },
  async () => {
    const told = new Map<string, number>();
    const visit = async (n: number) => {
      const time = n % 2 === 0 ? 'Morning' : 'Evening';
      const { rewardActionId, ranking } = await rank(`visit ${n}`, time);
      told.set(`${n}`, ranking.find(({ id }) => id === rewardActionId)!.probability);
      const value = rewardActionId === liked[time].toLowerCase() ? 0.9 : 0;
      await ask(`/personalizer/v1.0/events/visit ${n}/reward`, { value });
    };
    for (let n = 0; n < VISITS; n += 20)
      await Promise.all(Array.from({ length: 20 }, (_, i) => visit(n + i)));

    const ranked = await ask('/rank/search', {
      id: 'list',
      timestamp: String(Date.now()),
      session: 's',
      items: [{ id: 'a', fields: [{ name: 'type', value: 'News' }] }, { id: 'nothing' }],
    });
    const { items } = ranked.json<{ items: { item: string }[] }>();
    const timestamp = new Date().toISOString();
    const sent = await ask('/feedback', [
      { event: 'ranking', id: 'list', timestamp, items: items.map(({ item: id }) => ({ id })) },
      { event: 'interaction', id: 'i', ranking: 'list', timestamp, type: 'purchase', item: 'a' },
      {
        event: 'item',
        id: 'n',
        timestamp,
        item: 'brand-new',
        fields: [{ name: 'type', value: 'Sports' }],
      },
    ]);
    expect(sent.json()).toMatchObject({ accepted: 3, status: 'ok' });
    const { items: catalogue } = await call<{ items: object[] }>(system, 'GET', '/v1/items');
    expect(catalogue).toEqual([
      { id: 'brand-new', type: 'Sports' },
      { id: 'nothing', type: 'Culture' },
    ]);

    await until('all of it is in the log', async () => {
      const { counts } = await call<{ counts: { decisions: number; events: number } }>(
        system,
        'GET',
        '/v1/status',
      );
      return counts.decisions === VISITS + 1 && counts.events === VISITS + 3;
    });
    const { db, close } = openDatabase(system);
    const decisions = await storedDecisions(db);
    close();
    const logged = decisions.filter(({ itemIds }) => itemIds.length === 1);
    const ascending = (a: number, b: number) => a - b;
    expect(logged.map(({ propensities }) => propensities[0]).toSorted(ascending)).toEqual(
      [...told.values()].toSorted(ascending),
    );

    const run = await train(system, { force: true });
    expect(run, run.error ?? '').toMatchObject({ status: 'done' });
    for (const [time, type] of Object.entries(liked))
      await until(`in the ${time} ${type} is the likeliest`, async () => {
        const answer = await rank(crypto.randomUUID(), time as keyof typeof liked);
        const [best] = answer.ranking.toSorted((a, b) => b.probability - a.probability);
        return best.id === type.toLowerCase();
      });
  },
);
