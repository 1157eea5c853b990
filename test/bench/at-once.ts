import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseItemId, versionOf } from '../../shared/domain/ids.ts';
import { besidePlain, BESIDE_PLAIN, warmUp } from './support/beside-plain.ts';
import {
  demoLive,
  PUBLISHABLE,
  startDemoEdge,
  type DemoEdge,
  type DemoTraffic,
} from './support/demo-edge.ts';
import { postRequest } from './support/http-load.ts';
import type { Part, Say } from './support/part.ts';
import { rankBodies } from './support/rank-bodies.ts';

const ITEMS = 10_000;
const SEED = 7;
const BODIES = 512;

/** What an operator asks, and an experiment that half of the visitors are in. */
const TRAFFIC: DemoTraffic = {
  arms: { 'weights:treatment': versionOf(1) },
  layers: [
    {
      name: 'weights',
      salt: 'layer weights',
      unit: 'session',
      experiments: [
        {
          id: 'weights',
          salt: 'weights',
          status: 'running',
          range: [0, 1],
          traffic: 0.5,
          arms: [
            { name: 'control', weight: 50 },
            { name: 'treatment', weight: 50 },
          ],
          design: 'split',
          trigger: 'ranked',
        },
      ],
    },
  ],
  slateRules: [
    { id: 'rule-1', placement: '*', rules: { caps: [{ column: 'tripType', most: 5 }] } },
    {
      id: 'rule-2',
      placement: 'home',
      rules: { pins: [{ id: parseItemId('trip-00011'), position: 1 }] },
    },
  ],
};

/** What a request asks besides wishes. */
const REQUEST = {
  placement: 'home',
  paging: true,
  exclude: ['trip-00001', 'trip-00002', 'trip-00003'],
  filters: {
    all: [
      { column: 'price', to: 6000 },
      { column: 'durationDays', from: 2 },
    ],
  },
  slateRules: {
    caps: [{ column: 'country', most: 4 }],
    quotas: [{ where: { column: 'continent', in: ['Africa'] }, least: 2, within: 10 }],
    pins: [{ id: 'trip-00042', position: 3 }],
    boosts: [{ where: { column: 'price', to: 800 }, points: 6 }],
  },
};

/**
 * `POST /v1/rank` with all at once that a shop may ask of a ranking: filters, exclusions, a cap, a quota, a pin, a boost, pages, an operator's
 * rules, an experiment and its own placement, beside the same requests with none of it.
 */
export async function benchAtOnce(say: Say): Promise<Part> {
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
  const bodies = rankBodies(BODIES, SEED);
  const requestsOf = (more: object) =>
    bodies.map((body) => postRequest('/v1/rank', PUBLISHABLE, { ...body, ...more }));
  const edges: DemoEdge[] = [];
  try {
    const start = async (name: string, traffic: DemoTraffic) => {
      const edge = await startDemoEdge(join(dir, name), demoLive(ITEMS, SEED, traffic));
      edges.push(edge);
      return edge;
    };
    const plain = { edge: await start('plain', {}), requests: requestsOf({}) };
    const own = { edge: await start('own', TRAFFIC), requests: requestsOf(REQUEST) };
    await holds(own.edge, { ...bodies[0], ...REQUEST });
    await warmUp(plain);
    await warmUp(own);
    return {
      rows: [await besidePlain(say, 'all at once', own, plain, 'the plain request')],
      notes: [
        `processor time of the Worker per POST /v1/rank, ${ITEMS} trips, ${BODIES} different requests (seed ${SEED}), logging on`,
        BESIDE_PLAIN,
      ],
    };
  } finally {
    for (const edge of edges) await edge.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** @throws Error where an answer does not keep to the rules that are measured. */
async function holds({ port }: DemoEdge, body: object): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/rank`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${PUBLISHABLE}` },
  });
  const text = await response.text();
  const answer = JSON.parse(text) as { items?: { id: string }[]; cursor?: string };
  const ids = answer.items?.map(({ id }) => id);
  if (ids?.[0] !== 'trip-00011' || ids[2] !== 'trip-00042' || answer.cursor === undefined)
    throw new Error(`the edge does not keep to the rules: ${text}`);
}
