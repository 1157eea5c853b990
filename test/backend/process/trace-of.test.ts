import { transferHandlers } from 'comlink';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { traceOf } from '../../../backend/process/trace-of.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import { borrowStore } from '../../support/borrow-store.ts';

test('a query that failed tells why and where, but none of its values, also from a thread and as a cause', async () => {
  const store = await borrowStore();
  const error = await store.db
    .all(sql`select 1 from nowhere where id = ${'the-keyed-id'}`)
    .catch((thrown: unknown) => thrown);
  await store.close();
  // What drizzle says, or there were nothing to keep back.
  expect(String(error)).toContain('the-keyed-id');
  expect(messageOf(error)).toMatch(/^SQLITE_ERROR: .*no such table: nowhere$/);
  const outer = new Error('the work failed', { cause: error });
  for (const trace of [traceOf(error), traceOf(outer)]) {
    expect(trace).toMatch(/a query failed: select 1 from nowhere where id = \?\n\s+at /);
    expect(trace).toMatch(/caused by .*no such table: nowhere/);
    expect(trace).not.toContain('the-keyed-id');
  }
  // Puts its handler in place.
  await import('../../../backend/process/transfer-errors.ts');
  const handler = transferHandlers.get('throw')!;
  // As comlink hands on what a thread throws.
  const [sent] = handler.serialize({ value: error });
  expect(JSON.stringify(sent)).toMatch(/no such table: nowhere/);
  expect(JSON.stringify(sent)).not.toContain('the-keyed-id');
});
