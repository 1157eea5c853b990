import { afterAll, beforeAll, expect, it } from 'vitest';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { events, exposures } from '../../backend/store/tables.ts';
import { exposuresToText, type ServedExperiment } from '../../shared/domain/experiment.ts';
import { storedExploration } from '../../shared/domain/exploration.ts';
import { RULES_VERSION, type Version, type GivenId } from '../../shared/domain/ids.ts';
import { parsePointer } from '../../shared/domain/pointer.ts';
import { interleave, type Team } from '../../shared/explore/interleave.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { resolve } from '../../shared/explore/resolve.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { poolOf } from '../../shared/score/pool.ts';
import { rankSlate, teamOf } from '../../shared/score/rank.ts';
import { call, clickOn, liveAtEdge, openDatabase, putItems, rank } from '../support/client.ts';
import {
  scorerInKv,
  snapshotInKv,
  storedDecisions,
  type StoredDecision,
} from '../support/stored-decisions.ts';
import { identityOf, startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

const VISITORS = Array.from({ length: 80 }, (_, i) => ({
  sessionId: `session-${i}`,
  ...(i % 4 > 0 && { userId: `user-${i}` }),
  preferences: { themes: ['hiking', 'food'], budget: 300 + 40 * i },
  limit: 8,
}));
let system: System;
let learned: Version;

beforeAll(async () => {
  // What is drawn with what was learned since cannot be drawn again from the version alone.
  system = await startSystem({ config: { onlineLearning: { enabled: false } } });
  await putItems(system, demoCatalogue(300, 1, Date.now()));
  const points = { ...smarttrip.rules, budget: [0, -12, 3, 9] };
  ({ version: learned } = await call<{ version: Version }>(system, 'POST', '/v1/weights', {
    name: 'learned',
    points,
  }));
  await call(system, 'POST', `/v1/weights/${learned}/promote`);
  await until('it is live', async () => (await liveAtEdge(system)).weights === learned);
});
afterAll(() => system?.stop());

const experiment = (id: string, changes: Partial<ServedExperiment>): ServedExperiment => ({
  id,
  salt: `salt of ${id}`,
  status: 'running',
  range: [0, 1],
  traffic: 1,
  arms: ['control', 'treatment'].map((name) => ({ name, weight: 1 })),
  design: 'split',
  trigger: 'ranked',
  ...changes,
});

it('what visitors were exposed to is in the store as the backend itself resolves it, and each slate replays', async () => {
  const layers = [
    {
      name: 'ranking',
      salt: 'ranking',
      unit: 'user',
      experiments: [
        experiment('split', { range: [0, 0.5] }),
        experiment('draft', { range: [0.5, 1], design: 'interleaved' }),
      ],
    },
  ];
  const arms = { 'split:treatment': RULES_VERSION, 'draft:treatment': RULES_VERSION };
  const text = JSON.stringify({
    champion: learned,
    arms,
    layers,
    shadow: { version: RULES_VERSION, share: 1 },
    revision: 4000,
  });
  const put = { method: 'PUT', key: system.keys.secretKey, body: text };
  expect((await system.edge.ask('/v1/kv/WEIGHTS/active', put)).status).toBe(200);
  await until('the experiments run', async () => {
    const version = await system.edge.ask('/v1/version', { key: system.keys.secretKey });
    return version.json<{ experiments: string[] }>().experiments.length === 2;
  });
  const answers = await Promise.all(VISITORS.map((visitor) => rank(system, visitor)));
  const clicks = answers.map((answer) => clickOn(answer, answer.items[0].id));
  const key = system.keys.publishableKey;
  expect((await system.edge.ask('/v1/events', { key, body: clicks })).status).toBe(202);

  const { db, close } = openDatabase(system);
  const decisions = await until('all is ingested', async () => {
    const [found, clicked] = [await storedDecisions(db), await db.select().from(events)];
    return found.length >= VISITORS.length && clicked.length >= VISITORS.length && found;
  });
  const [exposed, clicked] = [await db.select().from(exposures), await db.select().from(events)];
  close();
  const scorers = {
    [learned]: await scorerInKv(system, learned),
    [RULES_VERSION]: await scorerInKv(system, RULES_VERSION),
  };
  const table = await snapshotInKv(system, decisions[0].snapshot);
  const slateBy = (version: string, { request, limit, seed, at: nowMs }: StoredDecision) => {
    const { exploration } = scorers[version];
    return rankSlate(scorers[version], table, request, { limit, seed, nowMs, exploration });
  };

  const pointer = parsePointer(text)!;
  // Arms are assigned by the ids that the site gave, and what is logged is keyed.
  const identity = identityOf(system);
  const givenBy = new Map(
    VISITORS.map((visitor) => [
      identity.sessionId(visitor.sessionId as GivenId) as string,
      {
        sessionId: visitor.sessionId,
        ...('userId' in visitor && { userId: visitor.userId }),
      },
    ]),
  );
  const kinds = new Set<string>();
  for (const decision of decisions) {
    const { sessionId, userId, rankingId, teams, limit, seed } = decision;
    const given = givenBy.get(sessionId)!;
    expect(userId).toBe(
      given.userId === undefined ? null : identity.userId(given.userId as GivenId),
    );
    const { exposures: expected, version } = resolve(pointer, given);
    const own = exposed.filter((one) => one.rankingId === rankingId);
    expect(own).toEqual(
      expected.map((one) => ({
        ...one,
        rankingId,
        at: decision.at,
        sessionId,
        userId,
        pointerRevision: 4000,
      })),
    );
    const arm = exposuresToText(expected) || null;
    expect(decision.arm).toBe(arm);
    expect(decision.pointerRevision).toBe(4000);
    const click = clicked.find((event) => event.rankingId === rankingId);
    expect(click).toMatchObject({ arm, pointerRevision: 4000 });
    expect(decision.weights).toBe(version);
    expect(decision.shadow).toEqual({
      version: RULES_VERSION,
      itemIds: slateBy(RULES_VERSION, decision).ids,
    });
    if (teams === null) {
      expect(decision.itemIds).toEqual(slateBy(version, decision).ids);
    } else {
      const draftingOf = (one: string): Team<number> => {
        const { exploration } = scorers[one];
        const { request, at: nowMs } = decision;
        const options = { limit, seed, nowMs, exploration };
        return teamOf(poolOf(scorers[one], table, request, options), limit, exploration);
      };
      const both = [draftingOf(learned), draftingOf(RULES_VERSION)] as const;
      expect(both[0].exploration.temperature).toBeGreaterThan(0);
      // In how many features weights are raised is for the version to say.
      const { raisedFeatures: _count, ...drawn } = scorers[learned].exploration;
      expect(drawn).toEqual(storedExploration(decision));
      const draft = interleave(both, limit, seededRandom(seed));
      expect(decision.itemIds).toEqual(draft.map(({ item }) => table.table.ids.at(item)));
      expect([...teams]).toEqual(draft.map(({ team }) => team));
      expect([...decision.propensities]).toEqual(draft.map(({ propensity }) => propensity));
    }
    kinds.add(arm ?? 'none');
  }
  expect([...kinds].toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'draft:control',
    'draft:treatment',
    'none',
    'split:control',
    'split:treatment',
  ]);
});
