import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareLoads, type Round } from './support/compare-loads.ts';
import { cpuTimeMs } from './support/cpu-time.ts';
import { PUBLISHABLE, startDemoEdge, type DemoEdge } from './support/demo-edge.ts';
import { startEmptyWorkerd } from './support/empty-workerd.ts';
import { httpLoad, postRequest } from './support/http-load.ts';
import type { Part, Say } from './support/part.ts';
import { rankBodies } from './support/rank-bodies.ts';
import type { BenchRow } from './support/row.ts';

const ITEMS = 10_000;
const SEED = 7;
const BODIES = 512;
/** One connection shows the time of a ranking alone, many show how many fit into a second. */
const CONNECTIONS = [1, 32];
const ROUNDS = 7;
const ROUND_MS = 2000;
/** As many rankings as the compilers need to be done with the code. */
const WARM_UP_MS = 8000;

/** `POST /v1/rank` over the whole demo catalogue, logging on, beside an empty Worker that gets the same requests. */
export async function benchRank(say: Say): Promise<Part> {
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
  const edge = await startDemoEdge(join(dir, 'edge'), ITEMS, SEED);
  const bodies = rankBodies(BODIES, SEED);
  const answer = await sampleAnswer(edge, bodies[0]);
  const empty = await startEmptyWorkerd(join(dir, 'empty'), answer);
  try {
    const requests = bodies.map((body) => postRequest('/v1/rank', PUBLISHABLE, body));
    let ranked = 1;
    const drive = async (
      side: 'empty' | 'rank',
      connections: number,
      durationMs: number,
    ): Promise<Round> => {
      const { port, pid } = side === 'rank' ? edge : empty;
      const beforeMs = cpuTimeMs(pid);
      const load = await httpLoad({ port, requests, connections, durationMs });
      if (side === 'rank') ranked += load.requests;
      return { ...load, serverMs: cpuTimeMs(pid) - beforeMs };
    };
    for (const side of ['empty', 'rank'] as const)
      await drive(side, CONNECTIONS.at(-1)!, WARM_UP_MS);
    const rows: BenchRow[] = [];
    const notes = [
      `${ITEMS} trips, the 20 best of all, ${BODIES} different requests in turn (seed ${SEED}), exploration and decision logging on; both answer ${Buffer.byteLength(answer)} bytes`,
      `medians of ${ROUNDS} rounds of ${ROUND_MS / 1000} s, the two Workers in turn; ratios are medians of the rounds' ratios`,
    ];
    for (const connections of CONNECTIONS) {
      const rounds: Record<'empty' | 'rank', Round[]> = { empty: [], rank: [] };
      for (let round = 0; round < ROUNDS; round++) {
        say(`rank: ${connections} connections, round ${round + 1} of ${ROUNDS}`);
        // Who comes first changes, so that neither always meets the other's aftermath.
        const order = ['empty', 'rank'] as const;
        for (const side of round % 2 === 0 ? order : order.toReversed()) {
          rounds[side].push(await drive(side, connections, ROUND_MS));
        }
      }
      const compared = compareLoads(connections, rounds.empty, rounds.rank);
      rows.push(...compared.rows);
      notes.push(...compared.notes);
    }
    await edge.allShipped(ranked);
    return {
      rows,
      notes: [...notes, `all ${ranked} decisions were shipped to a stand-in of the backend`],
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
  if (!response.ok || JSON.parse(text).degraded !== false)
    throw new Error(`the edge does not rank: ${text}`);
  return text;
}
