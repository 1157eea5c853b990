import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { besidePlain, BESIDE_PLAIN, warmUp } from './support/beside-plain.ts';
import { demoLive, PUBLISHABLE, startDemoEdge, type DemoEdge } from './support/demo-edge.ts';
import { postRequest } from './support/http-load.ts';
import type { Part, Say } from './support/part.ts';
import { rankBodies } from './support/rank-bodies.ts';
import type { BenchRow } from './support/row.ts';

const ITEMS = 10_000;
const SEED = 7;
const BODIES = 512;
/** Of the rankings, how many begin a trace. */
const SHARES = ['0', '0.01', '1'];

/** `POST /v1/rank` where traces are told of none, few and all of the rankings, beside the same where no collector is set. */
export async function benchTraces(say: Say): Promise<Part> {
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
  const collector = await startCollector();
  const requests = rankBodies(BODIES, SEED).map((body) =>
    postRequest('/v1/rank', PUBLISHABLE, body),
  );
  const live = demoLive(ITEMS, SEED);
  const edges: DemoEdge[] = [];
  const started = async (name: string, env: Readonly<Record<string, string>>) => {
    const edge = await startDemoEdge(join(dir, name), live, env);
    edges.push(edge);
    const asked = { edge, requests };
    await warmUp(asked);
    return asked;
  };
  try {
    const plain = await started('plain', {});
    const rows: BenchRow[] = [];
    for (const share of SHARES) {
      const own = await started(`share-${share}`, {
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
        TRACE_SHARE: share,
      });
      const told = collector.requests();
      rows.push(await besidePlain(say, `share ${share}`, own, plain, 'without a collector'));
      if (collector.requests() > told !== share > '0')
        throw new Error(`with the share ${share} the collector got ${collector.requests() - told}`);
      await own.edge.stop();
      edges.pop();
    }
    return {
      rows,
      notes: [
        `processor time of the Worker per POST /v1/rank, ${ITEMS} trips, ${BODIES} different requests (seed ${SEED}), logging on`,
        BESIDE_PLAIN,
      ],
    };
  } finally {
    for (const edge of edges) await edge.stop();
    await collector.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Takes all spans and keeps none. */
async function startCollector() {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    request.resume().once('end', () => response.end('{}'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
