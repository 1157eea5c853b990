import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@libsql/client';
import { openStore, type Store } from '../../../../backend/store/open.ts';

export interface TestStore extends Store {
  readonly url: string;
  /** What somebody with the database file could do. */
  tamper(...statements: string[]): Promise<void>;
}

/** A store of its own; closing it deletes the file. */
export async function openTestStore(): Promise<TestStore> {
  const directory = mkdtempSync(join(tmpdir(), 'trimtab-metric-weights-'));
  const url = `file:${join(directory, 'store.db')}`;
  const store = await openStore({ url });
  return {
    ...store,
    url,
    async tamper(...statements) {
      const client = createClient({ url, timeout: 5000 });
      try {
        for (const sql of statements) await client.execute(sql);
      } finally {
        client.close();
      }
    },
    async close() {
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
}
