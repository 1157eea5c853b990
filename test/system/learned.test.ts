import { afterAll, beforeAll, expect, it } from 'vitest';
import { learnedPart } from '../../shared/features/columns/learned-columns.ts';
import { parseSchema } from '../../shared/features/schema.ts';
import { readLearned } from '../../backend/catalogue/learned-parts.ts';
import { withLearned } from '../../shared/score/learned-table.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import { runCli } from '../backend/cli/support/cli.ts';
import { call, clickOn, openDatabase, putItems, rank } from '../support/client.ts';
import { scorerInKv, snapshotInKv, storedDecisions } from '../support/stored-decisions.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

/** A schema of nothing but what is learned. */
const schema = {
  name: 'learned-only',
  columns: [],
  features: [{ name: 'rate', kind: 'learned', of: 'clickRate', days: 1, buckets: 5 }],
  rules: { rate: [0, -2, -1, 0, 1, 2] },
  exploration: { temperature: 5, epsilon: 0.5, poolSize: 20 },
};
const LIKED = 'item-7';
const SESSIONS = 60;

let system: System;
let database: ReturnType<typeof openDatabase>;
beforeAll(async () => {
  system = await startSystem({
    schema,
    config: { learnedColumns: { schedule: '* * * * * *' } },
    edgeEnv: { SHIP_INTERVAL_MS: '200' },
  });
  database = openDatabase(system);
  await putItems(
    system,
    Array.from({ length: 20 }, (_, i) => ({ id: `item-${i}`, word: 'same' })),
  );
});
afterAll(async () => {
  database?.close();
  await system?.stop();
});

interface Learned {
  readonly hash: string;
  readonly columns: readonly { of: string; days: number; value: number | null; lower: number }[];
}
const learnedOf = (id: string) => call<Learned>(system, 'GET', `/v1/items/${id}/learned`);

it(
  'what people click rises, by what was learned of it alone; each ranking is logged with what it was ranked by',
  { timeout: 600_000 },
  async () => {
    for (let n = 0; n < SESSIONS; n++) {
      const ranking = await rank(system, { sessionId: `s${n}`, limit: 10 });
      if (!ranking.items.some(({ id }) => id === LIKED)) continue;
      const answer = await system.edge.ask('/v1/events', {
        key: system.keys.publishableKey,
        body: { events: [clickOn(ranking, LIKED)] },
      });
      expect(answer.status).toBe(202);
    }
    await until('the liked item is known to be liked', async () => {
      const { columns } = await learnedOf(LIKED);
      const rate = columns.find(({ of, days }) => of === 'clickRate' && days === 1)!;
      return rate.lower === 19 && rate.value! > 0.3;
    });
    const shown = await runCli(['items', 'learned', LIKED], {
      TRIMTAB_BACKEND: system.backend.url,
      TRIMTAB_KEY: system.keys.secretKey,
    });
    expect(shown.stderr).toBe('');
    expect(shown.stdout).toMatch(/click rate +1 +\d+\.\d\d % +19 of 20 items/);
    await until('the edge ranks by it', async () => {
      const { items } = await rank(system, { sessionId: 'later', limit: 20 });
      return items.find(({ id }) => id === LIKED)?.score === 2;
    });
    const all = await until('it is logged', async () => {
      const rows = await storedDecisions(database.db);
      return rows.some(({ learned }) => learned !== null) && rows;
    });
    const before = all.filter(({ learned }) => learned === null);
    expect(before.length).toBeGreaterThan(0);
    // What was not learned yet is not in the codes of what was shown before it, whatever came of that later.
    for (const { codes } of before) expect(new Set(codes)).toEqual(new Set([0]));
    for (const { learned, weights, snapshot, codes, units, itemIds, ...decision } of all) {
      const part = learned === null ? undefined : await readLearned({ db: database.db }, learned);
      if (part === undefined) continue;
      const parsed = parseSchema(schema);
      const table = withLearned(
        await snapshotInKv(system, snapshot),
        parsed,
        learnedPart(part.columns, part.hash),
      );
      const { temperature, epsilon, poolSize, limit, seed, at: nowMs, request } = decision;
      const again = rankSlate(await scorerInKv(system, weights), table, request, {
        limit,
        seed,
        nowMs,
        exploration: { temperature, epsilon, poolSize },
      });
      expect([again.ids, again.units, again.codes]).toEqual([itemIds, [...units], codes]);
    }
  },
);
