import { createClient } from '@libsql/client';
import { borrowStore, type BorrowedStore } from '../../../support/borrow-store.ts';

export interface TestStore extends BorrowedStore {
  /** What somebody with the database file could do. */
  tamper(...statements: string[]): Promise<void>;
}

/** A store of its own, with a way past its owner. */
export async function openTestStore(): Promise<TestStore> {
  const store = await borrowStore();
  return {
    ...store,
    async tamper(...statements) {
      const client = createClient({ url: store.url, timeout: 5000 });
      try {
        for (const sql of statements) await client.execute(sql);
      } finally {
        client.close();
      }
    },
  };
}
