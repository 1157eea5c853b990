import { afterAll, beforeAll, expect, it } from 'vitest';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { FREE } from '../backend/rollouts/support/stages.ts';
import { putItems } from '../support/client.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

/** It stops at half of the traffic: a share that few sessions can tell. */
const HALF_WAY = {
  schedule: '* * * * * *',
  shadowShare: 1,
  interleaveShare: 1,
  interleaveFromMs: 1,
  steps: {
    shadow: { ...FREE, minSessions: 20 },
    'canary 1': FREE,
    interleaved: { ...FREE, minSessions: 20 },
    'canary 5': FREE,
    'canary 25': FREE,
    'canary 50': { ...FREE, minSessions: 100 },
    'canary 100': FREE,
  },
};

let system: System;
beforeAll(async () => {
  system = await startSystem({ config: { rollout: HALF_WAY } });
  await putItems(system, demoCatalogue(50, 1, Date.now()));
});
afterAll(() => system?.stop());

const call = async (path: string, body?: unknown) =>
  (
    await system.backend.ask(path, {
      key: system.keys.secretKey,
      ...(body !== undefined && { body }),
    })
  ).json<any>();

/** What ranks for each of some sessions. */
const served = (sessions: readonly string[]) =>
  Promise.all(
    sessions.map(async (sessionId) => {
      const answer = await system.edge.ask('/v1/rank', {
        key: system.keys.publishableKey,
        body: { sessionId, limit: 3 },
      });
      const { weights, experiment, arm } = answer.json<any>();
      return { weights, experiment, arm };
    }),
  );
const sessions = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${name}-${i}`);

it(
  'a rollout goes from shadow over a canary to everybody, through a real edge and what it logs',
  { timeout: 600_000 },
  async () => {
    // What was best is worst, so that the slates differ.
    const status = smarttrip.rules.status.map((points) => -points);
    const { version } = await call('/v1/weights', { name: 'challenger', points: { status } });
    const { id } = await call('/v1/rollouts', { version, force: true });
    const stage = async () => (await call(`/v1/rollouts/${id}`)).stage;
    expect(await stage()).toBe('shadow');

    // Scored for every session once the edge has it, and shown to none.
    let round = 0;
    await until('the sessions scored in shadow let it pass', async () => {
      const seen = await served(sessions(`shadow-${round++}`, 10));
      return seen.some(({ arm }) => arm === 'challenger') || (await stage()) !== 'shadow';
    });
    await until(
      'few come, so that slates are interleaved',
      async () => (await stage()) === 'interleaved',
    );
    await until('enough of them let it pass', async () => {
      await served(sessions(`mixed-${round++}`, 10));
      return (await stage()) !== 'interleaved';
    });
    await until('half of the traffic is to see it', async () => (await stage()) === 'canary 50');
    // Told by the pointer and not by who sees what: a quarter of few sessions may look like half of them.
    await until('the edge has that too', async () => {
      const { pointer, experiments } = (
        await system.edge.ask('/v1/version', { key: system.keys.secretKey })
      ).json<any>();
      const [own] = pointer.layers?.flatMap((layer: any) => layer.experiments) ?? [];
      const share = own?.arms.find(({ name }: any) => name === 'challenger').weight;
      return experiments.includes(id) && share === 0.5;
    });

    const visitors = sessions('visitor', 60);
    const seen = await served(visitors);
    const shown = seen.filter(({ weights }) => weights === version);
    // 60 draws of one half: outside of 12 to 48 once in a million times.
    expect(shown.length).toBeGreaterThan(11);
    expect(shown.length).toBeLessThan(49);
    expect(new Set(shown.map(({ arm }) => arm))).toEqual(new Set(['challenger']));
    expect(new Set(seen.map(({ experiment }) => experiment))).toEqual(new Set([id]));
    expect(await served(visitors)).toEqual(seen);

    await until('its sessions let it pass to everybody', async () => {
      await served(sessions(`more-${round++}`, 20));
      return (await stage()) === 'champion';
    });
    await until('the edge has it as champion', async () =>
      (await served(visitors)).every(
        ({ weights, arm }) => weights === version && arm === undefined,
      ),
    );
    const { decisions } = await call(`/v1/rollouts/${id}`);
    const mixed = decisions.find(
      ({ from, next }: any) => from.stage === 'interleaved' && next.stage === 'canary 5',
    );
    expect(mixed.evidence.sessions).toBeGreaterThanOrEqual(20);
    expect(mixed.evidence.plan).toMatchObject({ severalItems: true });
    const { problem } = await call(`/v1/rollouts/${id}/replay`);
    expect(problem).toBeNull();
  },
);
