import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBareWorkerd } from './support/bare-workerd.ts';
import { compareLoads, type Round } from './support/compare-loads.ts';
import { cpuTimeMs } from './support/cpu-time.ts';
import { feedDeltas } from './support/delta-feed.ts';
import { PUBLISHABLE, startDemoEdge, type DemoEdge } from './support/demo-edge.ts';
import { httpLoad, postRequest } from './support/http-load.ts';
import type { Part, Say } from './support/part.ts';
import { bodiesOf, liveOf, type RankVariant } from './support/rank-variant.ts';
import type { BenchRow } from './support/row.ts';
import { startSink } from './support/start-sink.ts';

const SEED = 7;
const BODIES = 65_536;
/** One connection shows the time of a ranking alone, many show how many fit into a second. */
const CONNECTIONS = [1, 32];
const LONG = { connections: CONNECTIONS, rounds: 7, roundMs: 2000, warmUp: 20_000 };
const QUICK = { connections: CONNECTIONS.slice(-1), rounds: 5, roundMs: 1000, warmUp: 4000 };
/** What is acknowledged is yet to be deleted. */
const SETTLE_MS = 300;

type Name = 'empty' | 'floor' | 'rank';

interface Side {
  readonly port: number;
  readonly pid: number;
  /** Resolves when so many decisions have left it; absent where nothing is logged. */
  readonly allShipped?: (decisions: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/**
 * `POST /v1/rank` over a whole catalogue, logging on, beside the floor Worker, which does all but rank, and beside an empty
 * Worker; all get the same requests. Processor time is read once what was logged has been shipped.
 */
export async function benchRank(say: Say, variant: RankVariant): Promise<Part> {
  const { connections: loads, rounds: count, roundMs, warmUp } = variant.quick ? QUICK : LONG;
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
  const live = liveOf(variant, SEED);
  const edge = await startDemoEdge(join(dir, 'edge'), live);
  const bodies = bodiesOf(variant, live, BODIES, SEED);
  const answer = await sampleAnswer(edge, bodies[0]);
  const sides: Readonly<Record<Name, Side>> = {
    empty: await startBareWorkerd(join(dir, 'empty'), {
      entry: 'empty-worker.ts',
      env: { ANSWER: answer },
    }),
    floor: await startFloor(join(dir, 'floor'), answer),
    rank: edge,
  };
  const deltas = variant.deltas ? feedDeltas(edge.port, live.schema, SEED) : undefined;
  try {
    const requests = bodies.map((body) => postRequest('/v1/rank', PUBLISHABLE, body));
    // The sample was ranked, and the floor was asked whether it answers.
    const logged: Record<Name, number> = { empty: 0, floor: 1, rank: 1 };
    const drive = async (name: Name, connections: number, durationMs: number): Promise<Round> => {
      const { port, pid, allShipped } = sides[name];
      const beforeMs = cpuTimeMs(pid);
      const load = await httpLoad({ port, requests, connections, durationMs });
      const loadedMs = cpuTimeMs(pid) - beforeMs;
      await allShipped?.((logged[name] += load.requests));
      await sleep(SETTLE_MS);
      return { ...load, loadedMs, serverMs: cpuTimeMs(pid) - beforeMs };
    };
    const names: readonly Name[] = ['empty', 'floor', 'rank'];
    // As many requests as the compilers need to be done with the code, however long a busy machine takes for them.
    for (const name of names) {
      for (let warmed = 0; warmed < warmUp;) {
        say(`rank: warming up, ${name}, ${warmed} of ${warmUp} requests`);
        warmed += (await drive(name, CONNECTIONS.at(-1)!, roundMs)).requests;
      }
    }
    const rows: BenchRow[] = [];
    const notes = [
      `${describe(variant)}, the 20 best of all, ${BODIES} requests in turn (seed ${SEED}), exploration and decision logging on; all answer ${Buffer.byteLength(answer)} bytes`,
      `medians of ${count} rounds of ${roundMs / 1000} s, the Workers in turn; ratios are medians of the rounds' ratios; processor time includes shipping what the round logged`,
    ];
    for (const connections of loads) {
      const rounds: Record<Name, Round[]> = { empty: [], floor: [], rank: [] };
      for (let round = 0; round < count; round++) {
        say(`rank: ${connections} connections, round ${round + 1} of ${count}`);
        // Who comes first changes, so that none always meets another's aftermath.
        for (const name of round % 2 === 0 ? names : names.toReversed())
          rounds[name].push(await drive(name, connections, roundMs));
      }
      const compared = compareLoads(connections, rounds);
      rows.push(...compared.rows);
      notes.push(...compared.notes);
    }
    return {
      rows,
      notes: [...notes, `all ${logged.rank} decisions were shipped to a stand-in of the backend`],
    };
  } finally {
    await deltas?.stop();
    for (const side of Object.values(sides)) await side.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

const describe = ({
  items,
  schema,
  attributes,
  recent,
  learned,
  deltas,
  visitors,
}: RankVariant): string =>
  [
    `${items} trips of ${attributes} attributes`,
    `the default schema ${schema === 'now' ? 'as it is' : 'as it was before segments and seasons'}`,
    learned ? 'a weight in every bucket' : 'the rules',
    ...(recent ? ['five touched items each'] : []),
    ...(deltas ? ['deltas arriving'] : []),
    ...(visitors === 'zipf' ? ['many of the same wishes'] : []),
  ].join(', ');

async function startFloor(dir: string, answer: string): Promise<Side> {
  const sink = await startSink();
  const { port, pid, stop } = await startBareWorkerd(dir, {
    entry: 'floor-worker.ts',
    env: { ANSWER: answer, SINK_URL: sink.url },
    objects: { FLOOR_LOG: 'FloorLog' },
  });
  return {
    port,
    pid,
    allShipped: sink.allShipped,
    async stop() {
      await stop();
      await sink.stop();
    },
  };
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
