import { Worker } from 'node:worker_threads';
import { demoCatalogue } from '../../../backend/catalogue/demo.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import type { Pointer } from '../../../shared/domain/pointer.ts';
import { parseItem } from '../../../shared/domain/item.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import {
  PART_BYTES,
  snapshotHash,
  snapshotToBytes,
} from '../../../shared/format/snapshot-bytes.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { until } from '../../support/until.ts';
import { startWorkerd } from '../../support/workerd.ts';

export const PUBLISHABLE = 'pk_of_the_benchmark';
const SECRET = 'sk_of_the_benchmark';

export interface DemoEdge {
  readonly port: number;
  readonly pid: number;
  /** Resolves when so many decisions have reached the backend's stand-in. */
  allShipped(decisions: number): Promise<void>;
  stop(): Promise<void>;
}

/** What the pointer says beside the champion; each version that an arm or the shadow names is the rules again. */
export type DemoTraffic = Pick<Pointer, 'arms' | 'layers' | 'shadow'>;

/** The Worker on a bare `workerd serve` with the demo catalogue and the rules live, logging to a stand-in of the backend. */
export async function startDemoEdge(
  dir: string,
  items: number,
  seed: number,
  traffic: DemoTraffic = {},
): Promise<DemoEdge> {
  const state = new Int32Array(new SharedArrayBuffer(8));
  const sink = new Worker(new URL('./batch-sink.ts', import.meta.url), { workerData: state });
  const sinkPort = await until('the sink listens', async () => Atomics.load(state, 0) || undefined);
  const workerd = await startWorkerd({
    dir,
    env: {
      PUBLISHABLE_KEYS: PUBLISHABLE,
      SECRET_KEYS: SECRET,
      TOKEN_SECRET: 'bench-token-secret',
      INGEST_SECRET: 'bench-ingest-secret',
      BACKEND_URL: `http://127.0.0.1:${sinkPort}`,
    },
  });
  await publish(workerd.url, items, seed, traffic);
  return {
    port: Number(new URL(workerd.url).port),
    pid: workerd.pid,
    async allShipped(decisions) {
      const areAll = async () => Atomics.load(state, 1) >= decisions;
      await until(`all ${decisions} decisions are shipped`, areAll);
    },
    async stop() {
      await workerd.stop();
      await sink.terminate();
    },
  };
}

async function publish(
  url: string,
  count: number,
  seed: number,
  traffic: DemoTraffic,
): Promise<void> {
  const put = async (key: string, body: Uint8Array<ArrayBuffer> | string) => {
    const headers = { authorization: `Bearer ${SECRET}` };
    const response = await fetch(`${url}/v1/kv/${key}`, { method: 'PUT', body, headers });
    if (!response.ok)
      throw new Error(`PUT ${key} was answered ${response.status}: ${await response.text()}`);
  };
  const items = demoCatalogue(count, seed, Date.now()).map(parseItem);
  const snapshot = snapshotToBytes(smarttrip, packItems(smarttrip.columns, items));
  const hash = snapshotHash(snapshot);
  const parts = Math.ceil(snapshot.length / PART_BYTES);
  for (let part = 0; part < parts; part++) {
    await put(
      `CATALOGUE/s/${hash}/${part}`,
      snapshot.slice(part * PART_BYTES, (part + 1) * PART_BYTES),
    );
  }
  await put(
    'CATALOGUE/active',
    JSON.stringify({ hash, parts, sizeBytes: snapshot.length, at: Date.now() }),
  );
  const { arms = {}, shadow } = traffic;
  for (const version of new Set([RULES_VERSION, ...Object.values(arms), shadow?.version])) {
    if (version === undefined) continue;
    const rules = additiveFromPoints(smarttrip, smarttrip.rules, { version, name: 'rules' });
    await put(`WEIGHTS/w/${version}`, scorerToBytes(rules));
  }
  const pointer: Pointer = { champion: RULES_VERSION, ...traffic, at: Date.now() };
  await put('WEIGHTS/active', JSON.stringify(pointer));
}
