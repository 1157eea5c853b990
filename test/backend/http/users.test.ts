import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseSessionId, parseUserId } from '../../../shared/domain/ids.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { runCli } from '../cli/support/cli.ts';
import { SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { decisionOf } from '../support/decisions.ts';
import { keyedSession, keyedUser } from '../support/keyed.ts';

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
});
afterAll(() => backend.close());

let batches = 0;
const add = async (rankingId: string, session: string, user?: string) => {
  const decision = decisionOf(rankingId, {
    sessionId: parseSessionId(session),
    ...(user !== undefined && { userId: parseUserId(user) }),
  });
  const batch = { batchId: `b-${batches++}`, decisions: [decision], events: [] };
  return (await send(backend, batch)).body.decisions as number;
};
const trimtab = (...args: string[]) =>
  runCli([...args, '--backend', backend.url], { TRIMTAB_KEY: SECRET_KEY });

test('a user and a session are deleted from the command line, with what was done before a login', async () => {
  await add('before', 'one');
  await add('after', 'one', 'ana');
  await add('anonymous', 'two');
  const user = await trimtab('users', 'delete', 'ana', '--json');
  expect(JSON.parse(user.stdout)).toMatchObject({ userId: 'ana', deleted: { decisions: 2 } });
  const session = await trimtab('users', 'delete', '--session', 'two', '--json');
  expect(JSON.parse(session.stdout)).toMatchObject({ session: 'two', deleted: { decisions: 1 } });
  expect(await add('late', 'two')).toBe(0);
  // What was taken for an id once and an address cannot hold.
  await add('dots', '..');
  expect((await trimtab('users', 'delete', '--session', '..', '--json')).stdout).toMatch(
    /"decisions": ?1/,
  );
  for (const args of [[], ['ana', '--session', 'two']]) {
    const { exitCode, stderr } = await trimtab('users', 'delete', ...args);
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/give a user id, or a session with --session/);
  }
});

test('each erasure has a receipt that names nobody and says how far it is, and pruning completes it', async () => {
  await add('for-receipt', 'receipt-session', 'cleo');
  await backend.call('DELETE', '/v1/users/cleo');
  const newest = async () =>
    (await backend.call('GET', '/v1/users/erasures?limit=1')).body.erasures[0];
  const receipt = await newest();
  expect(receipt).toMatchObject({
    kind: 'user',
    by: 'api',
    sessions: 1,
    rows: { decisions: 1 },
    completedAt: null,
    replayedAt: null,
  });
  expect(receipt.dueAt - receipt.at).toBe(48 * 3_600_000);
  const open = ({ stages }: typeof receipt) =>
    stages.flatMap(({ place, state }: { place: string; state: string }) =>
      state === 'open' ? place : [],
    );
  expect(open(receipt)).toEqual(['free pages of the database']);
  const [user, session] = [keyedUser('cleo'), keyedSession('receipt-session')];
  for (const id of ['cleo', 'receipt-session', user, session])
    expect(JSON.stringify(receipt)).not.toContain(id);
  await backend.call('POST', '/v1/data/prune');
  const after = await newest();
  expect(open(after)).toEqual([]);
  expect(after.completedAt).toBeGreaterThanOrEqual(after.at);
  const listed = await trimtab('users', 'erasures');
  expect(listed.stdout).toContain(receipt.id.slice(0, 8));
  expect(listed.stdout).toMatch(/complete/);
  // In both places of the journal.
  const { erasureFolder, trainingStore } = backend.config;
  for (const folder of [erasureFolder, join((trainingStore as { path: string }).path, 'erasures')])
    expect(readdirSync(folder).some((name) => name.includes(receipt.id))).toBe(true);
});

test('a deleted user is allowed again once nothing of before can arrive any more', async () => {
  expect((await backend.call('POST', '/v1/users/nobody/allow')).body).toEqual({ allowed: false });
  await add('first', 'three', 'ben');
  await backend.call('DELETE', '/v1/users/ben');
  expect(await add('second', 'four', 'ben')).toBe(0);
  const { status, body } = await backend.call('POST', '/v1/users/ben/allow');
  expect([status, body.code]).toEqual([409, 'deleted_lately']);
  const at = Date.parse(/after (\S+)$/.exec(body.message as string)![1]);
  expect(at - Date.now()).toBeGreaterThan(7 * DAY_MS);
  expect(at - Date.now()).toBeLessThanOrEqual(8 * DAY_MS);
  expect(await add('third', 'five', 'ben')).toBe(0);
});
