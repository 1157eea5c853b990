import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import { expect, test } from 'vitest';
import { ingestBatchToBytes } from '../../shared/format/ingest-bytes.ts';
import { startBackendProcess } from '../support/backend-process.ts';
import { freePort } from '../support/free-port.ts';
import { sized } from '../support/size.ts';
import { INGEST_SECRET, SECRET_KEY } from '../backend/support/backend.ts';
import { batchOf, signed } from '../backend/support/batches.ts';

/** The whole system's own test kills more often; this one asks the store itself, at its busiest. */
const KILLS = sized({ small: 1, full: 5 });
const SENDERS = 4;
const ROWS = 40;

test(
  `kill -9 during ingest, ${KILLS} times: what was acknowledged is stored, once, and what was not can be sent again`,
  { timeout: 900_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'trimtab-kill-'));
    const databaseUrl = pathToFileURL(join(directory, 'trimtab.db')).href;
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const env = {
      TRIMTAB_DIR: directory,
      TRIMTAB_BACKEND_PORT: String(port),
      TRIMTAB_EDGE_URL: 'http://127.0.0.1:9',
      TRIMTAB_SECRET_KEYS: SECRET_KEY,
      TRIMTAB_INGEST_SECRET: INGEST_SECRET,
      LIBSQL_URL: databaseUrl,
    };
    let backend = await startBackendProcess(url, env);
    const acknowledged: string[] = [];
    let cutShort = 0;
    const work = { done: false };

    /** Like the edge's log: one batch at a time, the same one again until it is acknowledged. */
    const sender = async (name: number) => {
      for (let n = 0; !work.done; n++) {
        const batchId = `s${name}-${n}`;
        const body = ingestBatchToBytes(batchOf(batchId, ROWS));
        for (;;) {
          const status = await fetch(`${url}/v1/ingest`, {
            method: 'POST',
            body,
            headers: signed(body),
          }).then(
            async (response) => response.text().then(() => response.status),
            () => 0,
          );
          if (status === 200) break;
          cutShort++;
          await pause(50);
        }
        acknowledged.push(batchId);
      }
    };
    const senders = Array.from({ length: SENDERS }, (_, name) => sender(name));
    for (let kill = 0; kill < KILLS; kill++) {
      const before = acknowledged.length;
      // Each life gets some work done, and ends at a different moment of it.
      while (acknowledged.length < before + 3) await pause(1);
      await pause((kill * 7) % 20);
      await backend.kill9();
      backend = await startBackendProcess(url, env);
    }
    work.done = true;
    await Promise.all(senders);
    await backend.kill9();

    const reader = createClient({ url: databaseUrl });
    const counted = async (sql: string) => Number((await reader.execute(sql)).rows[0][0]);
    expect(cutShort).toBeGreaterThan(0);
    expect(await counted('select count(*) from batches')).toBe(acknowledged.length);
    for (const [table, key] of [
      ['decisions', 'rankingId'],
      ['events', 'eventId'],
    ]) {
      expect(await counted(`select count(*) from ${table}`)).toBe(acknowledged.length * ROWS);
      expect(await counted(`select count(distinct ${key}) from ${table}`)).toBe(
        acknowledged.length * ROWS,
      );
    }
    expect((await reader.execute('pragma integrity_check')).rows[0][0]).toBe('ok');
    reader.close();
    rmSync(directory, { recursive: true });
  },
);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
