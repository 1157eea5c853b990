import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { buildSnapshot } from '../../backend/catalogue/snapshot.ts';
import { parseItem } from '../../shared/domain/item.ts';
import { ask } from '../support/http.ts';
import { startKvServer, type KvServer } from '../support/kv-server.ts';
import { until } from '../support/until.ts';
import { startWorkerd, type Workerd } from '../support/workerd.ts';

const ENV = {
  PUBLISHABLE_KEYS: 'pk_1_of_this_test',
  SECRET_KEYS: 'sk_1_of_this_test',
  TOKEN_SECRET: 'token secret of this test',
  INGEST_SECRET: 'ingest secret of this test',
  BACKEND_URL: 'http://127.0.0.1:1',
  REFRESH_MS: '100',
};

let dir: string;
let weights: KvServer;
let catalogue: KvServer;
let edge: Workerd;
const start = async () =>
  (edge = await startWorkerd({
    dir,
    env: ENV,
    kvUrls: { weights: weights.url, catalogue: catalogue.url },
  }));

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trimtab-kv-down-'));
  [weights, catalogue] = [await startKvServer(), await startKvServer()];
  await start();
});
afterEach(async () => {
  await edge.kill9();
  await Promise.all([weights.close(), catalogue.close()]);
  await rm(dir, { recursive: true });
});

interface Ranking {
  readonly snapshot: string;
  readonly degraded: boolean;
  readonly items: readonly object[];
}
const rank = () =>
  ask(`${edge.url}/v1/rank`, { key: 'pk_1_of_this_test', body: { sessionId: 's', limit: 5 } });
const put = async (key: string, body: Uint8Array<ArrayBuffer> | string) => {
  const { status } = await ask(`${edge.url}/v1/kv/CATALOGUE/${key}`, {
    method: 'PUT',
    key: 'sk_1_of_this_test',
    body,
  });
  expect(status).toBe(200);
};

it('ranks the last good catalogue after a kill -9 while KV is down, and the live one once KV is back', async () => {
  const trips = [...demoCatalogue(60_000, 7, Date.now())].map(parseItem);
  const items = trips.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const { hash, bytes } = buildSnapshot(smarttrip, items);
  expect(bytes.length).toBeGreaterThan(1024 * 1024);
  await put(`s/${hash}/0`, bytes);
  await put('active', JSON.stringify({ hash, parts: 1, sizeBytes: bytes.length, at: Date.now() }));
  await until('it is ranked', async () => (await rank()).status === 200);
  // That it is kept is seen only when it is needed: KV fails until a new process ranks it.
  weights.isDown = true;
  catalogue.isDown = true;
  await until('a new process ranks it without KV', async () => {
    await edge.kill9();
    await start();
    const answer = await rank();
    if (answer.status === 200) {
      const ranking = answer.json<Ranking>();
      expect(ranking).toMatchObject({ snapshot: hash, degraded: true });
      expect(ranking.items).toHaveLength(5);
      return true;
    }
    // Not kept yet when it was killed: KV has to be there once more.
    catalogue.isDown = false;
    await until('it is ranked again', async () => (await rank()).status === 200);
    catalogue.isDown = true;
    return false;
  });
  catalogue.isDown = false;
  await until('the catalogue is confirmed', async () => {
    const { status, text } = await ask(`${edge.url}/v1/version`, { key: 'sk_1_of_this_test' });
    return status === 200 && !text.includes('CATALOGUE');
  });
});
