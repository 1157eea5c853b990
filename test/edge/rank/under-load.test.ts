import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { RateLimits } from '../../../edge/http/rate-limits.ts';
import { settingsOf } from '../../../edge/platform/settings.ts';
import { rankOnce } from '../../../edge/rank/handle-rank.ts';
import { experimentPlanOf } from '../../../edge/rank/experiment-plan.ts';
import { rankState } from '../../../edge/rank/rank-state.ts';
import { inputUnderLoad } from '../../../edge/rank/under-load.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { parseVersion } from '../../../shared/domain/ids.ts';
import { parseRankRequest } from '../../../shared/domain/rank-request.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { decisionsFromBytes } from '../../../shared/format/decision-bytes.ts';
import { scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { additiveFromPoints, type Scorer } from '../../../shared/score/scorer.ts';
import { decisionOf } from '../../backend/support/decisions.ts';
import { flatTrees, randomForest } from '../../oracle/random-rerankers.ts';
import { candidateTable } from '../../../shared/score/candidate-table.ts';
import { experimentOf, HALVES, layerOf } from '../support/experiments.ts';
import { hotels } from '../../support/other-schemas.ts';
import { publishItems, storeScorer } from '../support/publish.ts';
import { openTrips } from '../support/trips.ts';

const BATCH = 256;
const EXPLORING = { temperature: 3, epsilon: 0.05, poolSize: 100 };

const additive = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: parseVersion('v000007'),
  name: 'learned',
  exploration: EXPLORING,
});
const forest: Scorer = {
  ...additive,
  version: parseVersion('v000008'),
  kind: 'forest',
  rerank: { depth: 200, adds: true },
  trees: flatTrees(randomForest(smarttrip, { trees: 20, leaves: 15, seed: 5 })),
};

beforeAll(async () => {
  await publishItems(openTrips(30));
  for (const scorer of [additive, forest])
    await env.WEIGHTS.put(`w/${scorer.version}`, scorerToBytes(scorer));
});

afterEach(() => vi.restoreAllMocks());

/** Ranks once in an isolate for which a version is live, while so many full batches of it wait. @returns the answer and its decision. */
async function rankBehind(version: string, waiting: number, asked: object = {}, pinned?: string) {
  await env.WEIGHTS.put(
    'active',
    JSON.stringify({ champion: version, at: Date.now(), revision: 3 }),
  );
  const settings = settingsOf(env);
  const state = { ...rankState(env, settings), env, rateLimits: new RateLimits(env, settings) };
  const logged: Decision[] = [];
  const { EVENT_LOG } = env;
  vi.spyOn(EVENT_LOG, 'get').mockReturnValue({
    appendDecisions: async (bytes: Uint8Array) => void logged.push(...decisionsFromBytes(bytes)),
  } as never);
  const ctx = createExecutionContext();
  const caller = {
    role: 'secret' as const,
    pinned: pinned === undefined ? undefined : parseVersion(pinned),
    cell: () => `under-load-${version}`,
    counted: 1,
    nowMs: Date.now(),
  };
  // What is live is known before the isolate falls behind.
  const body = { sessionId: 's', consent: 'measure', limit: 10, ...asked };
  await rankOnce(body, caller, state, ctx);
  const rankRequest = parseRankRequest({ consent: 'none' }, 'none', Date.now());
  for (let n = 0; n < waiting * BATCH; n++) {
    const { request: _, ...decision } = decisionOf(`r${n}`, { at: caller.nowMs });
    state.decisions.add(decision, { rankRequest, scoreShadow: undefined }, ctx);
  }
  const answer = await rankOnce(body, caller, state, ctx);
  await waitOnExecutionContext(ctx);
  const decision = logged.find(({ rankingId }) => rankingId === answer.rankingId)!;
  return { answer, decision, byRules: state.underLoad.rankings };
}

it('trees give way to the rules in an isolate that is far behind, and the decision says so exactly', async () => {
  await storeScorer('v000000', { exploration: EXPLORING });
  const { answer, decision, byRules } = await rankBehind('v000008', 18);
  expect(byRules).toBe(1);
  expect(answer).toMatchObject({ weights: 'v000000', degraded: true });
  expect(answer.items).toHaveLength(10);
  expect(decision).toMatchObject({
    weights: 'v000000',
    degraded: true,
    exploration: { temperature: 0, epsilon: 0 },
    propensities: Array.from({ length: 10 }, () => 1),
  });
  expect(decision).not.toHaveProperty('pointerRevision');
  expect(decision).not.toHaveProperty('arm');
  expect(decision.units).toEqual(decision.units.toSorted((a, b) => b - a));
});

it.each([
  ['while it keeps up', 'v000008', 10, undefined],
  ['where what is live is additive', 'v000007', 18, undefined],
  ['where the caller names the version', 'v000008', 18, 'v000008'],
])('nothing gives way %s', async (_, version, waiting, pinned) => {
  await storeScorer('v000000', { exploration: EXPLORING });
  const { answer, decision, byRules } = await rankBehind(version, waiting, {}, pinned);
  expect(byRules).toBe(0);
  expect(answer).toMatchObject({ weights: version, degraded: false });
  expect(decision.weights).toBe(version);
});

it('nothing gives way to rules of another schema, also where the items come with the request', async () => {
  await storeScorer('v000000', { schema: hotels });
  const candidates = [{ id: 'trip-1' }, { id: 'trip-2' }];
  for (const asked of [{}, { candidates, limit: 2 }]) {
    const { answer, byRules } = await rankBehind('v000008', 18, asked);
    expect(byRules).toBe(0);
    expect(answer).toMatchObject({ weights: 'v000008' });
    vi.restoreAllMocks();
  }
});

it.each([
  [additive, forest],
  [forest, additive],
])(
  'who is in an experiment gives way in every arm or in none, as else its arms would lose different visitors',
  async (champion, treated) => {
    await storeScorer('v000000', { exploration: EXPLORING });
    const state = rankState(env, settingsOf(env));
    const pointer = {
      champion: champion.version,
      at: 1,
      arms: { 'exp_1:treatment': treated.version },
      // Half of all sessions are in no experiment.
      layers: [layerOf('ranking', [experimentOf('exp_1', { range: [0, 0.5] })], 'session')],
    };
    const experiments = {
      arms: new Map([['exp_1:treatment', { scorer: treated, delta: 0 }]]),
      runnable: { catalogue: pointer, candidates: pointer },
      problems: [],
    };
    const served = new Map<string, Set<string>>();
    for (let n = 0; n < 200; n++) {
      const weights = { scorer: champion, delta: 0, pointer, experiments };
      const plan = experimentPlanOf(weights, { sessionId: `s-${n}` }, 'catalogue', 'main')!;
      const table = candidateTable(smarttrip, openTrips(1), undefined);
      const full = {
        request: parseRankRequest({ sessionId: `s-${n}` }),
        config: plan.configOf(plan.resolved),
        plan,
        table,
        catalogue: undefined,
        snapshot: '',
        degraded: false,
      };
      const { config } = await inputUnderLoad(full, state);
      const arm = plan.resolved.exposures[0]?.arm ?? 'none';
      served.set(arm, (served.get(arm) ?? new Set()).add(config.weights.scorer.version));
    }
    const rules = new Set(['v000000']);
    expect(Object.fromEntries(served)).toEqual({
      ...Object.fromEntries(HALVES.map(({ name }) => [name, rules])),
      none: champion === forest ? rules : new Set([additive.version]),
    });
  },
);
