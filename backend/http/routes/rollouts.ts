import { createRoute, z } from '@hono/zod-openapi';
import { freeShare } from '../../experiments/free-share.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import type { GateVerdict } from '../../science/evaluation/gate-report.ts';
import type { RolloutDecision } from '../../rollouts/rollout-decision.ts';
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
import type { RolloutRules } from '../../rollouts/settings.ts';
import { shownShare, STEPS } from '../../rollouts/steps.ts';
import { whyNow } from '../../rollouts/why-now.ts';
import {
  actorOf,
  answer,
  epochMs,
  jsonBody,
  objectOf,
  problems,
  queryNumber,
  router,
  versionId,
} from '../contract/openapi.ts';
import type { Store } from '../../store/open.ts';
import { lineageOrNull, placementOfLineage } from '../contract/lineages.ts';
import type { Services } from '../contract/services.ts';

const rollout = z
  .object({
    id: z.string(),
    challenger: z.string(),
    champion: z.string(),
    stage: z.enum([...STEPS, 'withdrawn', 'hold']),
    share: z.number().openapi({
      description: 'Of the traffic, that is shown the challenger; an interleaved slate counts half',
    }),
    freeShare: z.number().openapi({
      description:
        'Of the visitors, that no experiment holds: the rollout can have them at its stage',
    }),
    since: epochMs,
    experiment: z.string().openapi({ description: 'The experiment that serves its canary' }),
    rules: objectOf<RolloutRules>('What each step requires'),
    gate: objectOf<GateVerdict>('The verdict that started it').nullable(),
    by: z.string(),
    createdAt: epochMs,
    endedAt: epochMs.nullable(),
    lineage: lineageOrNull,
    why: z.string().nullable().openapi({
      description:
        'Why it is where it is, as a sentence: the last decision, who ended it, or what it waits for',
    }),
  })
  .openapi('Rollout');

const withDecisions = rollout
  .extend({
    decisions: z
      .array(objectOf<RolloutDecision>('A decision with its evidence'))
      .openapi({ description: 'Those that changed the stage, and the newest' }),
  })
  .openapi('RolloutWithDecisions');

const idParam = z.object({ id: z.string() });

const list = createRoute({
  method: 'get',
  path: '/v1/rollouts',
  summary: 'Rollouts, newest first',
  request: { query: z.strictObject({ limit: queryNumber(1, 200).default(20) }) },
  responses: { 200: answer(z.object({ rollouts: z.array(rollout) }), 'Rollouts'), ...problems },
});

const one = createRoute({
  method: 'get',
  path: '/v1/rollouts/{id}',
  summary: 'A rollout with its decisions and their evidence',
  request: {
    params: idParam,
    query: z.strictObject({
      all: z
        .enum(['true', 'false'])
        .default('false')
        .openapi({ description: 'Every decision, including those to wait' }),
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
          version: versionId,
          force: z.boolean().optional().openapi({ description: 'Start it whatever the gate says' }),
          placement: placementOfLineage.optional(),
        })
        .strict(),
    ),
  },
  responses: { 201: answer(rollout, 'Under way, or waiting its turn'), ...problems },
});

const withdraw = createRoute({
  method: 'post',
  path: '/v1/rollouts/{id}/withdraw',
  summary: 'End a rollout: the champion serves all traffic again',
  request: { params: idParam },
  responses: { 200: answer(rollout, 'As it ended'), ...problems },
});

const replay = createRoute({
  method: 'get',
  path: '/v1/rollouts/{id}/replay',
  summary: 'Decide again from the logged evidence, and compare',
  request: { params: idParam },
  responses: {
    200: answer(
      z.object({ decisions: z.number().int(), problem: z.string().nullable() }),
      'How many decisions come out as logged, or the first that differs',
    ),
    ...problems,
  },
});

export const rolloutRoutes = ({ store, rollouts }: Services) => {
  const shown = async (row: RolloutRow) => ({
    ...row,
    // Text and JSON in the database, as `rollouts/` wrote them.
    stage: stateOf(row).stage,
    rules: row.rules as unknown as RolloutRules,
    gate: row.gate as GateVerdict | null,
    share: shownShare(
      stateOf(row).stage,
      (row.rules as unknown as RolloutRules).gain?.interleaveShare ?? 0,
    ),
    freeShare: await freeShare(
      store,
      row.stage === 'interleaved' ? 'interleaved' : 'split',
      row.lineage,
    ),
    why: await whyNow(store, row),
  });
  return router()
    .openapi(list, async (c) => {
      const rows = await listRollouts(store, c.req.valid('query').limit);
      return c.json({ rollouts: await Promise.all(rows.map(shown)) }, 200);
    })
    .openapi(one, async (c) => {
      const row = await readRollout(store, c.req.valid('param').id);
      const isAll = c.req.valid('query').all === 'true';
      const decisions = isAll
        ? await decisionsOf(store, row.id)
        : await stepsAndLast(store, row.id);
      return c.json({ ...(await shown(row)), decisions }, 200);
    })
    .openapi(start, async (c) => {
      const { version, force, placement } = c.req.valid('json');
      const by = actorOf(c);
      const gate = force
        ? ({ verdict: 'promote', reason: `${by} vouches for it` } as const)
        : await knownGate(store, version, placement);
      const id = await rollouts.propose(version, gate, by, placement);
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
