import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuTimeMs } from './support/cpu-time.ts';
import { PUBLISHABLE, startDemoEdge, type DemoEdge } from './support/demo-edge.ts';
import { startEmptyWorkerd } from './support/empty-workerd.ts';
import { freePort } from './support/free-port.ts';
import { httpLoad, postRequest, type Load } from './support/http-load.ts';
import { median, quantile } from './support/quantile.ts';
import { rankBodies } from './support/rank-bodies.ts';

const ITEMS = 10_000;
const SEED = 7;
const BODIES = 512;
/** One connection shows the time of a ranking alone, many show how many fit into a second. */
const CONNECTIONS = [1, 32];
const ROUNDS = 6;
const ROUND_MS = 2000;
const WARM_UP_MS = 3000;

interface SideFigures {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Cores' worth of processor time that the server used, and of one core that the generator used. */
  readonly serverBusy: number;
  readonly generatorBusy: number;
}

interface LoadFigures {
  readonly connections: number;
  readonly empty: SideFigures;
  readonly rank: SideFigures;
  /** Medians over the rounds: each round holds two neighbours against each other. */
  readonly ratio: { readonly requestsPerSecond: number; readonly p50: number; readonly p99: number };
  /** Lowest and highest round. */
  readonly ratioRange: readonly [number, number];
}

export interface RankFigures {
  readonly items: number;
  readonly limit: number;
  readonly bodies: number;
  readonly answerBytes: number;
  readonly rounds: number;
  readonly roundSeconds: number;
  readonly loads: readonly LoadFigures[];
  readonly decisions: { readonly ranked: number; readonly shipped: number };
}

interface Round {
  readonly load: Load;
  readonly serverBusy: number;
}

/** `POST /v1/rank` over the whole demo catalogue, logging on, beside an empty Worker that gets the same requests. */
export async function benchRank(note: (text: string) => void): Promise<RankFigures> {
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
  const edge = await startDemoEdge(join(dir, 'edge'), ITEMS, SEED);
  const bodies = rankBodies(BODIES, SEED);
  const answer = await sampleAnswer(edge, bodies[0]!);
  const emptyPort = await freePort();
  const empty = await startEmptyWorkerd(join(dir, 'empty'), emptyPort, answer);
  try {
    const requests = bodies.map((body) => postRequest('/v1/rank', PUBLISHABLE, body));
    const sides = [
      { name: 'empty', port: emptyPort, pid: empty.pid },
      { name: 'rank', port: edge.port, pid: edge.pid },
    ] as const;
    let ranked = 1;
    const drive = async (side: (typeof sides)[number], connections: number, durationMs: number): Promise<Round> => {
      const beforeMs = cpuTimeMs(side.pid);
      const load = await httpLoad({ port: side.port, requests, connections, durationMs });
      if (side.name === 'rank') ranked += load.requests;
      return { load, serverBusy: (cpuTimeMs(side.pid) - beforeMs) / (load.seconds * 1000) };
    };
    for (const side of sides) await drive(side, CONNECTIONS.at(-1)!, WARM_UP_MS);
    const loads: LoadFigures[] = [];
    for (const connections of CONNECTIONS) {
      const rounds: Record<'empty' | 'rank', Round[]> = { empty: [], rank: [] };
      for (let round = 0; round < ROUNDS; round++) {
        note(`rank: ${connections} connections, round ${round + 1} of ${ROUNDS}`);
        // Who comes first changes, so that neither always meets the other's aftermath.
        for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
          rounds[side.name].push(await drive(side, connections, ROUND_MS));
        }
      }
      loads.push(compare(connections, rounds));
    }
    const shipped = await edge.shipped(ranked);
    return {
      items: ITEMS,
      limit: 20,
      bodies: BODIES,
      answerBytes: Buffer.byteLength(answer),
      rounds: ROUNDS,
      roundSeconds: ROUND_MS / 1000,
      loads,
      decisions: { ranked, shipped },
    };
  } finally {
    await edge.stop();
    await empty.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function sampleAnswer({ port }: DemoEdge, body: unknown): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/rank`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${PUBLISHABLE}` },
  });
  const text = await response.text();
  if (!response.ok || JSON.parse(text).degraded !== false) throw new Error(`the edge does not rank: ${text}`);
  return text;
}

function compare(connections: number, { empty, rank }: Record<'empty' | 'rank', Round[]>): LoadFigures {
  const ratios = (of: (load: Load) => number) => rank.map(({ load }, i) => of(load) / of(empty[i]!.load));
  const perSecond = ratios(({ requestsPerSecond }) => requestsPerSecond);
  return {
    connections,
    empty: figuresOf(empty),
    rank: figuresOf(rank),
    ratio: {
      requestsPerSecond: median(perSecond),
      p50: median(ratios(({ latenciesMs }) => quantile(latenciesMs, 0.5))),
      p99: median(ratios(({ latenciesMs }) => quantile(latenciesMs, 0.99))),
    },
    ratioRange: [Math.min(...perSecond), Math.max(...perSecond)],
  };
}

function figuresOf(rounds: readonly Round[]): SideFigures {
  const of = (figure: (round: Round) => number) => median(rounds.map(figure));
  return {
    requests: rounds.reduce((sum, { load }) => sum + load.requests, 0),
    requestsPerSecond: of(({ load }) => load.requestsPerSecond),
    p50Ms: of(({ load }) => quantile(load.latenciesMs, 0.5)),
    p99Ms: of(({ load }) => quantile(load.latenciesMs, 0.99)),
    serverBusy: of(({ serverBusy }) => serverBusy),
    generatorBusy: of(({ load }) => load.generatorBusy),
  };
}
