import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../backend/cli/support/cli.ts';
import type { Preview } from '../../backend/offline/preview.ts';
import { call, openDatabase, putItems, rank } from '../support/client.ts';
import { storedDecisions } from '../support/stored-decisions.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

const schema = {
  name: 'beside',
  columns: [
    { name: 'country', type: 'category' },
    { name: 'vector', type: 'embedding', dimensions: 3 },
  ],
  features: [{ name: 'alike', kind: 'related', edges: [50, 80] }],
  rules: { alike: [0, 1, 4, 9] },
  related: { by: [{ column: 'country' }, { column: 'vector', weight: 3 }] },
  exploration: { temperature: 1, epsilon: 0.1, poolSize: 50 },
};
const item = (id: string, country: string, vector: readonly number[] | string) => ({
  id,
  country,
  vector,
});

let system: System;
let database: ReturnType<typeof openDatabase>;
beforeAll(async () => {
  system = await startSystem({ schema, edgeEnv: { SHIP_INTERVAL_MS: '200' } });
  database = openDatabase(system);
  await putItems(system, [
    item('porto', 'PT', [1, 0, 0]),
    item('lisbon', 'PT', '0.9|0.1|0'),
    item('oslo', 'NO', [0, 1, 0]),
    item('bergen', 'NO', [0.1, 1, 0]),
    item('faro', 'PT', [0, 0, 1]),
  ]);
});
afterAll(async () => {
  database?.close();
  await system?.stop();
});

interface Answer {
  readonly related?: { readonly neighbours: number; readonly problem?: string };
}
const beside = async (related: unknown) => {
  const answer = await rank(system, { sessionId: 'visit-1', related, limit: 10 });
  return { ...(answer as typeof answer & Answer), ids: answer.items.map(({ id }) => id) };
};

it(
  'items that are alike are found at publish, ranked beside one, logged as served, explained, and gone once withdrawn',
  { timeout: 600_000 },
  async () => {
    const first = await until('neighbours are published', async () => {
      const answer = await beside('porto');
      return answer.related?.neighbours === 3 && answer;
    });
    expect(first.ids.toSorted()).toEqual(['bergen', 'faro', 'lisbon']);
    expect(first.items.find(({ id }) => id === 'lisbon')?.score).toBe(9);
    const cli = (args: string[]) =>
      runCli(args, { TRIMTAB_BACKEND: system.backend.url, TRIMTAB_KEY: system.keys.secretKey });
    const shown = await cli(['related', 'porto']);
    expect(shown.stderr).toBe('');
    expect(shown.stdout).toMatch(/lisbon +\d\d.* % +embedding 99.* %, country PT/);
    expect((await cli(['related', 'nowhere'])).stdout).toContain('nothing is known of it');
    const { slates } = await call<{ slates: Preview[] }>(system, 'POST', '/v1/rankings/preview', {
      request: { sessionId: 'visit-1', related: 'porto', limit: 10 },
    });
    expect(slates[0]).toMatchObject({
      competing: 3,
      related: { to: ['porto'], neighbours: 3 },
      items: [{ id: 'lisbon', score: 9 }, {}, {}],
    });
    const logged = await until('it is logged', async () => {
      const rows = await storedDecisions(database.db);
      return rows.find(({ rankingId }) => rankingId === first.rankingId);
    });
    expect(logged.request.related).toMatchObject({
      to: ['porto'],
      items: ['lisbon', 'faro', 'bergen'],
    });
    const again = await cli(['decisions', 'show', first.rankingId, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ rebuilt: { kind: 'same' } });
    await call(system, 'DELETE', '/v1/items/lisbon');
    await until('the withdrawn item is shown beside none', async () => {
      const { ids } = await beside('porto');
      return ids.toSorted().join() === 'bergen,faro';
    });
    await call(system, 'PUT', '/v1/items', [item('nice', 'FR', [1, 0.05, 0])]);
    await until('a new item has neighbours', async () => {
      const { items } = await beside('nice');
      return items.find(({ id }) => id === 'porto')?.score === 4;
    });
  },
);
