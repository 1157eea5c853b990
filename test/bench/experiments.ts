import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServedExperiment, ServedLayer } from '../../shared/domain/experiment.ts';
import { RULES_VERSION, versionOf } from '../../shared/domain/ids.ts';
import { resolve } from '../../shared/explore/resolve.ts';
import { BESIDE_PLAIN, besidePlain, warmUp } from './support/beside-plain.ts';
import { fastestUs } from './support/clock.ts';
import { demoLive, PUBLISHABLE, startDemoEdge, type DemoTraffic } from './support/demo-edge.ts';
import { postRequest } from './support/http-load.ts';
import type { Part, Say } from './support/part.ts';
import { rankBodies } from './support/rank-bodies.ts';
import type { BenchRow } from './support/row.ts';

const ITEMS = 10_000;
const SEED = 7;
const BODIES = 512;

const halves = [
  { name: 'control', weight: 50 },
  { name: 'treatment', weight: 50 },
];
const layerOf = (name: string, changes: Partial<ServedExperiment> = {}): ServedLayer => ({
  name,
  salt: `layer ${name}`,
  unit: 'session',
  experiments: [
    {
      id: name,
      salt: name,
      status: 'running',
      range: [0, 1],
      traffic: 1,
      arms: halves,
      design: 'split',
      trigger: 'ranked',
      ...changes,
    },
  ],
});
const exploration = { temperature: 3, epsilon: 0.02, poolSize: 50 };
const arms = { 'weights:treatment': versionOf(1), 'rollout:treatment': versionOf(2) };
/** The last layer meets what the first has claimed: it costs its assignment all the same. */
const threeLayers = [
  layerOf('weights'),
  layerOf('exploration', { arms: [halves[0], { ...halves[1], exploration }] }),
  layerOf('rollout'),
];
const SIDES: Readonly<Record<string, DemoTraffic>> = {
  'no experiments': {},
  '3 layers': { arms, layers: threeLayers },
  'an experiment where slates must differ': {
    arms,
    layers: [layerOf('weights', { trigger: 'slate differs' })],
  },
  'a version in shadow of all': { shadow: { version: versionOf(3), share: 1 } },
};

/** What experiments add to `POST /v1/rank`: the same requests with and without them, on a Worker each, in turn. */
export async function benchExperiments(say: Say): Promise<Part> {
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
  const bodies = rankBodies(BODIES, SEED);
  const requests = bodies.map((body) => postRequest('/v1/rank', PUBLISHABLE, body));
  const rows: BenchRow[] = [{ name: 'resolve, 3 layers', value: resolveUs(bodies), unit: 'µs' }];
  const [[nothing, none], ...others] = Object.entries(SIDES);
  const plain = await startDemoEdge(join(dir, 'plain'), demoLive(ITEMS, SEED, none));
  try {
    const beside = { edge: plain, requests };
    await warmUp(beside);
    for (const [i, [name, traffic]] of others.entries()) {
      const edge = await startDemoEdge(join(dir, String(i)), demoLive(ITEMS, SEED, traffic));
      try {
        const own = { edge, requests };
        await warmUp(own);
        rows.push(await besidePlain(say, name, own, beside, nothing));
      } finally {
        await edge.stop();
      }
    }
  } finally {
    await plain.stop();
    await rm(dir, { recursive: true, force: true });
  }
  return {
    rows,
    notes: [
      `processor time of the Worker per POST /v1/rank, ${ITEMS} trips, ${BODIES} different requests (seed ${SEED}), logging on; every arm serves the rules`,
      BESIDE_PLAIN,
    ],
  };
}

function resolveUs(bodies: readonly Record<string, unknown>[]): number {
  const pointer = { champion: RULES_VERSION, arms, layers: threeLayers };
  const visitors = bodies.map(({ sessionId }) => ({ sessionId: String(sessionId) }));
  return fastestUs(visitors.length, (i) => resolve(pointer, visitors[i]), 300);
}
