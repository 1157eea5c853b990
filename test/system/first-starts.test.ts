import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@libsql/client';
import { expect, test } from 'vitest';
import { startKvServer } from '../backend/support/kv-server.ts';
import { startBackendProcess } from '../support/backend-process.ts';
import { freePort } from '../support/free-port.ts';
import { sizedForHours } from '../support/size.ts';
import { until } from '../support/until.ts';

const BACKENDS = 3;
const ROUNDS = sizedForHours(2, 30);
const SECRET_KEY = 'sk_of_the_first_starts';

test(`${BACKENDS} backends that start at once on a fresh database all serve, and prepare it once, ${ROUNDS} times`, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const folder = await mkdtemp(join(tmpdir(), 'trimtab-first-starts-'));
    const kv = await startKvServer(SECRET_KEY);
    const database = `file:${join(folder, 'trimtab.db')}`;
    const urls = [];
    const starts = [];
    for (let i = 0; i < BACKENDS; i++) {
      const port = await freePort();
      urls.push(`http://127.0.0.1:${port}`);
      starts.push(
        startBackendProcess(`http://127.0.0.1:${port}`, {
          TRIMTAB_DIR: join(folder, `backend-${i}`),
          TRIMTAB_BACKEND_PORT: String(port),
          TRIMTAB_EDGE_URL: kv.url,
          TRIMTAB_SECRET_KEYS: SECRET_KEY,
          TRIMTAB_INGEST_SECRET: 'ingest secret of the first starts',
          TRIMTAB_IDENTITY_SECRET: 'identity secret of the first starts',
          LIBSQL_URL: database,
        }),
      );
    }
    const started = await Promise.allSettled(starts);
    try {
      expect(started.map(({ status }) => status)).toEqual(urls.map(() => 'fulfilled'));
      for (const url of urls)
        await until('every backend is ready', async () => {
          const response = await fetch(`${url}/health/ready`);
          await response.text();
          return response.ok;
        });
      const client = createClient({ url: database });
      const { rows } = await client.execute(`
        select (select group_concat(version) from weights) as versions,
          (select count(*) from audit where action = 'first publish') as publications,
          (select count(*) from audit where action = 'begin to key ids') as epochs`);
      client.close();
      expect({ ...rows[0] }).toEqual({ versions: 'v000000', publications: 1, epochs: 1 });
      expect(kv.text('WEIGHTS/active')).toContain('v000000');
    } finally {
      for (const one of started) if (one.status === 'fulfilled') await one.value.stop();
      await kv.close();
      await rm(folder, { recursive: true });
    }
  }
});
