import { demoCatalogue } from '../../../backend/catalogue/demo.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import type { Pointer } from '../../../shared/domain/pointer.ts';
import { parseItem, type Item } from '../../../shared/domain/item.ts';
import { catalogueTable } from '../../../shared/features/catalogue-table.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import {
  PART_BYTES,
  snapshotHash,
  snapshotToBytes,
} from '../../../shared/format/snapshot-bytes.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { startWorkerd } from '../../support/workerd.ts';
import { startSink } from './start-sink.ts';

export const PUBLISHABLE = 'pk_of_the_benchmark';
export const SECRET = 'sk_of_the_benchmark';

export interface DemoEdge {
  readonly port: number;
  readonly pid: number;
  /** Resolves when so many decisions have reached the backend's stand-in. */
  readonly allShipped: (decisions: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** What the pointer says beside the champion; each version that an arm or the shadow names is the rules again. */
export type DemoTraffic = Pick<Pointer, 'arms' | 'layers' | 'shadow' | 'slateRules'>;

/** What is live at the edge. */
export interface Live {
  readonly schema: Schema;
  readonly items: readonly Item[];
  /** Points by feature and bucket, of every version that is named. */
  readonly points: Schema['rules'];
  readonly traffic: DemoTraffic;
}

/** The default schema's rules over `count` demo trips. */
export const demoLive = (count: number, seed: number, traffic: DemoTraffic = {}): Live => ({
  schema: smarttrip,
  items: demoCatalogue(count, seed, Date.now()).map(parseItem),
  points: smarttrip.rules,
  traffic,
});

/** The Worker on a bare `workerd serve`, logging to a stand-in of the backend. @param env more variables of the Worker. */
export async function startDemoEdge(
  dir: string,
  live: Live,
  env: Readonly<Record<string, string>> = {},
): Promise<DemoEdge> {
  const sink = await startSink();
  const workerd = await startWorkerd({
    dir,
    env: {
      PUBLISHABLE_KEYS: PUBLISHABLE,
      SECRET_KEYS: SECRET,
      TOKEN_SECRET: 'bench-token-secret',
      INGEST_SECRET: 'bench-ingest-secret',
      BACKEND_URL: sink.url,
      ...env,
    },
  });
  await publish(workerd.url, live);
  return {
    port: Number(new URL(workerd.url).port),
    pid: workerd.pid,
    allShipped: sink.allShipped,
    async stop() {
      await workerd.stop();
      await sink.stop();
    },
  };
}

export async function publish(
  url: string,
  { schema, items, points, traffic }: Live,
): Promise<void> {
  const put = async (key: string, body: Uint8Array<ArrayBuffer> | string) => {
    const headers = { authorization: `Bearer ${SECRET}` };
    const response = await fetch(`${url}/v1/kv/${key}`, { method: 'PUT', body, headers });
    if (!response.ok)
      throw new Error(`PUT ${key} was answered ${response.status}: ${await response.text()}`);
  };
  const snapshot = snapshotToBytes(schema, catalogueTable(schema, items));
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
    const scorer = additiveFromPoints(schema, points, { version, name: 'rules' });
    await put(`WEIGHTS/w/${version}`, scorerToBytes(scorer));
  }
  const pointer: Pointer = { champion: RULES_VERSION, ...traffic, at: Date.now() };
  await put('WEIGHTS/active', JSON.stringify(pointer));
}
