import { mkdtemp, rm } from 'node:fs/promises';
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
import { median } from './support/quantile.ts';
import type { Part, Say } from './support/part.ts';
import type { BenchRow } from './support/row.ts';

const SEED = 7;
const BATCHES = 8;
const ROWS = BATCHES * (DECISIONS_PER_BATCH + EVENTS_PER_BATCH);
const ROUNDS = 4;
const SECRET = 'bench-ingest-secret';

type Way = 'bare' | 'inProcess' | 'http';

/** Rows per second that the backend takes in, beside a bare multi-row insert of the same rows into the same tables. */
export async function benchIngest(say: Say): Promise<Part> {
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-bench-'));
  const perSecond: Record<Way, number[]> = { bare: [], inProcess: [], http: [] };
  try {
    // The first round only warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      say(`ingest: round ${round} of ${ROUNDS}`);
      const batches = makeBatches(`round-${round}`, SEED + round, BATCHES);
      const at = (name: string) => join(dir, `${name}-${round}`);
      const seconds: Record<Way, number> = {
        bare: await bareInsert(pathToFileURL(at('bare')).href, batches),
        inProcess: await ingestInProcess(pathToFileURL(at('in-process')).href, batches),
        http: await ingestOverHttp(at('backend'), batches),
      };
      if (round === 0) continue;
      for (const way of ['bare', 'inProcess', 'http'] as const)
        perSecond[way].push(ROWS / seconds[way]);
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  const row = (name: string, way: Way): BenchRow => ({
    name,
    value: median(perSecond[way]),
    unit: 'rows/s',
    ratio: median(perSecond[way].map((own, round) => own / perSecond.bare[round])),
    against: 'bare insert',
  });
  return {
    rows: [
      { name: 'bare multi-row insert', value: median(perSecond.bare), unit: 'rows/s' },
      row('ingest in process', 'inProcess'),
      row('POST /v1/ingest', 'http'),
    ],
    notes: [
      `${BATCHES} sealed batches of ${DECISIONS_PER_BATCH} decisions (20 slots each) and ${EVENTS_PER_BATCH} events, one after the other, into fresh databases; medians of ${ROUNDS} rounds, seed ${SEED}`,
      'ingest: check the signature and both checksums, decode, dedupe, insert in one transaction by the writer thread, synced to disk',
      'bare insert: the same rows ready-made, the same tables and durability, multi-row VALUES through one plain client on the main thread',
    ],
  };
}

/** @returns seconds. */
async function ingestInProcess(url: string, batches: readonly SealedBatch[]): Promise<number> {
  const store = await openStore({ url });
  const signed = batches.map(({ bytes }) => signBody(bytes, SECRET, Date.now()));
  const startMs = performance.now();
  for (const [i, { bytes }] of batches.entries()) {
    verifyBody(signed[i], bytes, [SECRET], Date.now());
    const { decisions, events } = await ingest(store, ingestBatchFromBytes(bytes), Date.now());
    expectAll(decisions + events);
  }
  const seconds = (performance.now() - startMs) / 1000;
  await store.close();
  return seconds;
}

/** To a backend that is a process of its own. @returns seconds. */
async function ingestOverHttp(dir: string, batches: readonly SealedBatch[]): Promise<number> {
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
    const startMs = performance.now();
    for (const [i, { bytes }] of batches.entries()) {
      const headers = {
        'content-type': 'application/octet-stream',
        [SIGNATURE_HEADER]: signed[i],
      };
      const response = await fetch(`${url}/v1/ingest`, { method: 'POST', body: bytes, headers });
      const answer: Partial<Ingested> = JSON.parse(await response.text());
      if (!response.ok) {
        throw new Error(`/v1/ingest answered ${response.status}: ${JSON.stringify(answer)}`);
      }
      expectAll((answer.decisions ?? 0) + (answer.events ?? 0));
    }
    return (performance.now() - startMs) / 1000;
  } finally {
    await backend.stop();
  }
}

function expectAll(rows: number): void {
  if (rows !== DECISIONS_PER_BATCH + EVENTS_PER_BATCH)
    throw new Error(`only ${rows} rows of a batch were stored`);
}
