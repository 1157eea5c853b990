import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { afterEach, expect, test, vi } from 'vitest';
import { DatabaseBusy } from '../../../backend/store/database-busy.ts';
import { groupCommits, type Write, type Written } from '../../../backend/store/group-commits.ts';
import { LocalFile } from '../../../backend/store/local-file.ts';
import { localWriter } from '../../../backend/store/local-writer.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test('a group that waits for a lock in vain is answered after one wait, and not after one for each', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-busy-'));
  const path = join(folder, 'busy.db');
  const writer = localWriter(path);
  const other = new Libsql(path);
  try {
    await writer.open();
    const insert = (value: number): Write => [
      { sql: 'insert into counted (value) values (?)', args: [value] },
    ];
    await writer.write([[{ sql: 'create table counted (value integer)', args: [] }]]);
    other.exec('BEGIN IMMEDIATE');
    const waits = vi.spyOn(LocalFile.prototype, 'transaction');
    const group = Array.from({ length: 3 }, (_, i) => insert(i));
    const refused = await writer.write(group);
    expect(refused).toHaveLength(3);
    for (const one of refused)
      expect(one).toMatchObject({ why: expect.stringMatching(/locked/), isBusy: true });
    expect(waits).toHaveBeenCalledTimes(1);
    other.exec('ROLLBACK');
    expect(await writer.write(group)).toEqual(group.map(() => ({ counts: [1] })));
    expect(other.prepare('select count(*) from counted').raw().all()).toEqual([[3]]);
  } finally {
    other.close();
    await writer.close();
    rmSync(folder, { recursive: true });
  }
});

test('a write that waits too long for others is not made; one without a limit waits on', async () => {
  vi.useFakeTimers();
  const sent: string[] = [];
  let release = () => {};
  const { write } = groupCommits((group) => {
    sent.push(...group.map(([one]) => ('sql' in one ? one.sql : '')));
    return new Promise((resolve) => {
      release = () => resolve(group.map(() => ({ counts: [1] })));
    });
  });
  const named = (sql: string): Write => [{ sql, args: [] }];
  const first = write(named('first'));
  const limited = write(named('limited'), { beginWithinMs: 1000 });
  const patient = write(named('patient'));
  const refused = limited.catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await refused).toBeInstanceOf(DatabaseBusy);
  release();
  expect(await first).toEqual([1]);
  await vi.advanceTimersByTimeAsync(0);
  release();
  expect(await patient).toEqual([1]);
  expect(sent).toEqual(['first', 'patient']);
});

test('a write that was begun in time has its own answer, however late', async () => {
  vi.useFakeTimers();
  const answered = Promise.withResolvers<Written[]>();
  const { write } = groupCommits(() => answered.promise);
  const begun = write([{ sql: 'begun', args: [] }], { beginWithinMs: 10 });
  await vi.advanceTimersByTimeAsync(60_000);
  answered.resolve([{ counts: [7] }]);
  expect(await begun).toEqual([7]);
});
