import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ingest, type Ingested } from '../../backend/log/ingest/ingest.ts';
import { openStore } from '../../backend/store/open.ts';
import { SIGNATURE_HEADER, signBody, verifyBody } from '../../shared/domain/ingest-signature.ts';
import { ingestBatchFromBytes } from '../../shared/format/ingest-bytes.ts';
import { startBackendProcess } from '../support/backend-process.ts';
import { freePort } from '../support/free-port.ts';
import { bareInsert } from './support/bare-insert.ts';
import {
  DECISIONS_PER_BATCH,
  EVENTS_PER_BATCH,
  makeBatches,
  type SealedBatch,
} from './support/batches.ts';
import { cpuTimeMs } from './support/cpu-time.ts';
import { median } from './support/quantile.ts';
import { spentOn, type Spent } from './support/spent.ts';
import type { Part, Say } from './support/part.ts';
import type { BenchRow } from './support/row.ts';

const SEED = 7;
/** Enough for the code to be compiled, which a bare insert has next to none of: a backend takes in batches for weeks. */
const WARM_BATCHES = 12;
const BATCHES = 8;
const ROWS_PER_BATCH = DECISIONS_PER_BATCH + EVENTS_PER_BATCH;
const SENDERS = 4;
const ROUNDS = 4;
const SECRET = 'bench-ingest-secret';

const WAYS = ['bare', 'inProcess', 'http', 'httpAtOnce'] as const;
type Way = (typeof WAYS)[number];

/** What the backend takes to take in rows, beside a bare multi-row insert of the same rows into the same tables. */
export async function benchIngest(say: Say): Promise<Part> {
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
  const spent: Record<Way, Spent[]> = { bare: [], inProcess: [], http: [], httpAtOnce: [] };
  let bytesPerRanking = 0;
  try {
    // The first round only warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      say(`ingest: round ${round} of ${ROUNDS}`);
      const batches = makeBatches(`round-${round}`, SEED + round, WARM_BATCHES + BATCHES);
      const at = (name: string) => join(dir, `${name}-${round}`);
      const now: Record<Way, Spent> = {
        bare: await bareInsert(pathToFileURL(at('bare')).href, batches, WARM_BATCHES),
        inProcess: await ingestInProcess(pathToFileURL(at('in-process')).href, batches),
        http: await ingestOverHttp(at('backend'), batches, 1),
        httpAtOnce: await ingestOverHttp(at('backend-at-once'), batches, SENDERS),
      };
      const { size } = await stat(at('in-process'));
      bytesPerRanking = size / (batches.length * DECISIONS_PER_BATCH);
      if (round === 0) continue;
      for (const way of WAYS) spent[way].push(now[way]);
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  const rows = (name: string, way: Way): BenchRow[] => {
    const perSecond = (of: Way) =>
      spent[of].map(({ seconds }) => (BATCHES * ROWS_PER_BATCH) / seconds);
    const perRow = (of: Way) =>
      spent[of].map(({ cpuMs }) => (1000 * cpuMs) / (BATCHES * ROWS_PER_BATCH));
    const against = way === 'bare' ? undefined : 'bare insert';
    const besideBare = (own: number[], bare: number[]) =>
      against && { ratio: median(own.map((value, round) => value / bare[round])), against };
    return [
      {
        name,
        value: median(perSecond(way)),
        unit: 'rows/s',
        ...besideBare(perSecond(way), perSecond('bare')),
      },
      {
        name: '  processor time',
        value: median(perRow(way)),
        unit: 'µs/row',
        ...besideBare(perRow(way), perRow('bare')),
      },
    ];
  };
  return {
    rows: [
      ...rows('bare multi-row insert', 'bare'),
      ...rows('ingest in process', 'inProcess'),
      ...rows('POST /v1/ingest', 'http'),
      ...rows(`POST /v1/ingest, ${SENDERS} at once`, 'httpAtOnce'),
      { name: 'database, a ranking with a click', value: bytesPerRanking, unit: 'bytes' },
    ],
    notes: [
      `${BATCHES} sealed batches of ${DECISIONS_PER_BATCH} decisions (20 slots each) and ${EVENTS_PER_BATCH} events, one after the other, into fresh databases after ${WARM_BATCHES} that warm up; medians of ${ROUNDS} rounds, seed ${SEED}`,
      'ingest: check the signature, and the checksum of its decisions, decode, dedupe, insert in one transaction by the writer thread, synced to disk',
      'bare insert: the same rows ready-made, the same tables and durability, multi-row VALUES through one plain client on the main thread',
      'processor time: of the whole process, all its threads, whatever else a backend does meanwhile; less is better',
    ],
  };
}

async function ingestInProcess(url: string, batches: readonly SealedBatch[]): Promise<Spent> {
  const store = await openStore({ url });
  const signed = batches.map(({ bytes }) => signBody(bytes, SECRET, Date.now()));
  const takeIn = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const { bytes } = batches[i];
      verifyBody(signed[i], bytes, [SECRET], Date.now());
      const { decisions, events } = await ingest(
        store,
        ingestBatchFromBytes(bytes, true),
        Date.now(),
      );
      expectAll(decisions + events);
    }
  };
  await takeIn(0, WARM_BATCHES);
  const spent = await spentOn(() => takeIn(WARM_BATCHES, batches.length));
  await store.close();
  return spent;
}

/** To a backend that is a process of its own. @param senders how many batches are under way at the same time. */
async function ingestOverHttp(
  dir: string,
  batches: readonly SealedBatch[],
  senders: number,
): Promise<Spent> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const backend = await startBackendProcess(url, {
    TRIMTAB_DIR: dir,
    TRIMTAB_BACKEND_PORT: String(port),
    TRIMTAB_EDGE_URL: `http://127.0.0.1:${await freePort()}`,
    TRIMTAB_SECRET_KEYS: 'sk_of_the_benchmark',
    TRIMTAB_INGEST_SECRET: SECRET,
  });
  try {
    const signed = batches.map(({ bytes }) => signBody(bytes, SECRET, Date.now()));
    const send = async (i: number) => {
      const headers = {
        'content-type': 'application/octet-stream',
        [SIGNATURE_HEADER]: signed[i],
      };
      const { bytes } = batches[i];
      const response = await fetch(`${url}/v1/ingest`, { method: 'POST', body: bytes, headers });
      const answer: Partial<Ingested> = JSON.parse(await response.text());
      if (!response.ok) {
        throw new Error(`/v1/ingest answered ${response.status}: ${JSON.stringify(answer)}`);
      }
      expectAll((answer.decisions ?? 0) + (answer.events ?? 0));
    };
    const sendAll = async (from: number, to: number) => {
      let next = from;
      const sender = async () => {
        while (next < to) await send(next++);
      };
      await Promise.all(Array.from({ length: senders }, sender));
    };
    await sendAll(0, WARM_BATCHES);
    return await spentOn(
      () => sendAll(WARM_BATCHES, batches.length),
      () => cpuTimeMs(backend.pid),
    );
  } finally {
    await backend.stop();
  }
}

function expectAll(rows: number): void {
  if (rows !== ROWS_PER_BATCH) throw new Error(`only ${rows} rows of a batch were stored`);
}
