import { createRoute, z } from '@hono/zod-openapi';
import { isVersion, type Version } from '../../../shared/domain/ids.ts';
import { freeShare } from '../../experiments/free-share.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import type { RolloutDecision } from '../../rollouts/decide-rollout.ts';
import { knownGate } from '../../rollouts/known-gate.ts';
import { replayDecisions } from '../../rollouts/replay-decisions.ts';
import {
  decisionsOf,
  lastDecisionOf,
  listRollouts,
  readRollout,
  type RolloutRow,
  stateOf,
  stepsOf,
} from '../../rollouts/rollout-rows.ts';
import { SHARE } from '../../rollouts/steps.ts';
import {
  actorOf,
  answer,
  anyObject,
  epochMs,
  jsonBody,
  problems,
  queryNumber,
  router,
} from '../contract/openapi.ts';
import type { Store } from '../../store/open.ts';
import type { Services } from '../contract/services.ts';

const rollout = z
  .object({
    id: z.string(),
    challenger: z.string(),
    champion: z.string(),
    stage: z.string(),
    share: z.number().openapi({ description: 'Of the traffic that is shown the challenger' }),
    freeShare: z
      .number()
      .openapi({ description: 'Of the visitors, that no experiment claims: its canary’s to take' }),
    since: epochMs,
    experiment: z.string().openapi({ description: 'That holds the traffic of its canary' }),
    rules: anyObject,
    gate: anyObject.nullable(),
    by: z.string(),
    createdAt: epochMs,
    endedAt: epochMs.nullable(),
    why: z.string().nullable().openapi({ description: 'The last decision, as a sentence' }),
  })
  .openapi('Rollout');

const withDecisions = rollout
  .extend({
    decisions: z.array(anyObject).openapi({
      description: 'Those that changed the stage and the newest, each with all that it rests on',
    }),
  })
  .openapi('RolloutWithDecisions');

const idParam = z.object({ id: z.string() });

const list = createRoute({
  method: 'get',
  path: '/v1/rollouts',
  summary: 'Rollouts, newest first',
  request: { query: z.object({ limit: queryNumber.min(1).max(200).default(20) }) },
  responses: { 200: answer(z.object({ rollouts: z.array(rollout) }), 'Rollouts'), ...problems },
});

const one = createRoute({
  method: 'get',
  path: '/v1/rollouts/{id}',
  summary: 'A rollout with its decisions and their evidence',
  request: {
    params: idParam,
    query: z.object({
      all: z
        .enum(['true', 'false'])
        .default('false')
        .openapi({ description: 'Every decision, those too that only wait' }),
    }),
  },
  responses: { 200: answer(withDecisions, 'So far'), ...problems },
});

const start = createRoute({
  method: 'post',
  path: '/v1/rollouts',
  summary: 'Take a version through shadow and canary to the champion’s place',
  request: {
    body: jsonBody(
      z
        .object({
          version: z.custom<Version>(isVersion, 'must look like v000041').openapi({
            type: 'string',
            example: 'v000041',
          }),
          force: z
            .boolean()
            .optional()
            .openapi({ description: 'Whatever the gate says: the caller vouches for it' }),
        })
        .strict(),
    ),
  },
  responses: { 201: answer(rollout, 'Under way, or waiting its turn'), ...problems },
});

const withdraw = createRoute({
  method: 'post',
  path: '/v1/rollouts/{id}/withdraw',
  summary: 'End a rollout: everybody gets the champion',
  request: { params: idParam },
  responses: { 200: answer(rollout, 'As it ended'), ...problems },
});

const replay = createRoute({
  method: 'get',
  path: '/v1/rollouts/{id}/replay',
  summary: 'Decide the log again from its evidence',
  request: { params: idParam },
  responses: {
    200: answer(
      z.object({ decisions: z.number().int(), problem: z.string().nullable() }),
      'How many decisions come out as logged, or the first that does not',
    ),
    ...problems,
  },
});

export const rolloutsRoutes = ({ store, rollouts }: Services) => {
  const shown = async (row: RolloutRow) => ({
    ...row,
    share: SHARE[stateOf(row).stage],
    freeShare: await freeShare(store),
    why: (await lastDecisionOf(store, row.id))?.why ?? null,
  });
  return router()
    .openapi(list, async (c) => {
      const rows = await listRollouts(store, c.req.valid('query').limit);
      return c.json({ rollouts: await Promise.all(rows.map(shown)) }, 200);
    })
    .openapi(one, async (c) => {
      const row = await readRollout(store, c.req.valid('param').id);
      const isAll = c.req.valid('query').all === 'true';
      const told = isAll ? await decisionsOf(store, row.id) : await stepsAndLast(store, row.id);
      const decisions = told.map((decision) => ({ ...decision }));
      return c.json({ ...(await shown(row)), decisions }, 200);
    })
    .openapi(start, async (c) => {
      const { version, force } = c.req.valid('json');
      const by = actorOf(c);
      const gate = force
        ? ({ verdict: 'promote', reason: `${by} vouches for it` } as const)
        : await knownGate(store, version);
      const id = await rollouts.propose(version, gate, by);
      return c.json(await shown(await readRollout(store, id)), 201);
    })
    .openapi(withdraw, async (c) => {
      const { id } = c.req.valid('param');
      await rollouts.withdraw(id, actorOf(c));
      return c.json(await shown(await readRollout(store, id)), 200);
    })
    .openapi(replay, async (c) => {
      const { id } = await readRollout(store, c.req.valid('param').id);
      const log = await decisionsOf(store, id);
      try {
        return c.json({ decisions: replayDecisions(log).length, problem: null }, 200);
      } catch (error) {
        return c.json({ decisions: log.length, problem: messageOf(error) }, 200);
      }
    });
};

async function stepsAndLast(store: Store, id: string): Promise<RolloutDecision[]> {
  const [steps, last] = [await stepsOf(store, id), await lastDecisionOf(store, id)];
  const isWaiting = last !== undefined && last.from.stage === last.next.stage;
  return isWaiting ? [...steps, last] : steps;
}
