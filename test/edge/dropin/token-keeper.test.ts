import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import type { KeptRanking, TokenKeeperObject } from '../../../edge/platform/durable-objects.ts';

let named = 0;
const newKeeper = () => {
  const { TOKEN_KEEPER } = env;
  return TOKEN_KEEPER!.get(
    TOKEN_KEEPER!.idFromName(`test-${++named}`),
  ) as unknown as TokenKeeperObject & DurableObjectStub;
};
const ranking = (change: Partial<KeptRanking> = {}) =>
  ({
    rankingId: 'r',
    token: 'token of a visitor',
    itemIds: ['a'],
    at: 1,
    asked: 'x',
    answer: '{}',
    expiresAt: Date.now() + 60_000,
    ...change,
  }) as KeptRanking;
afterEach(() => vi.useRealTimers());

it('keeps the first ranking under a name, and finds it under any of its names', async () => {
  const keeper = newKeeper();
  expect(await keeper.keep(['a'], ranking())).toBeNull();
  expect(await keeper.keep(['a'], ranking({ token: 'other' }))).toMatchObject({
    token: 'token of a visitor',
  });
  expect(await keeper.find(['new', 'a'])).toMatchObject({ itemIds: ['a'] });
  expect(await keeper.find(['b'])).toBeNull();
});

it('keeps nothing anew that is kept under the key before', async () => {
  const keeper = newKeeper();
  await keeper.keep(['old'], ranking());
  expect(await keeper.keep(['new', 'old'], ranking({ token: 'other' }))).toMatchObject({
    token: 'token of a visitor',
  });
  expect(await keeper.find(['new'])).toBeNull();
});

it('the oldest make room where large ones take as much as an object may hold', async () => {
  const keeper = newKeeper();
  await runInDurableObject(keeper as never, (object: object) =>
    Object.assign(object, { env: { ...env, MAX_SHARD_MB: '1' } }),
  );
  const held = new Uint8Array(100_000);
  const expiresAt = (n: number) => Date.now() + 60_000 * (n + 1);
  for (let n = 0; n < 30; n++)
    await keeper.keep([`n${n}`], ranking({ held, expiresAt: expiresAt(n) }));
  expect(await keeper.find(['n0'])).toBeNull();
  expect(await keeper.find(['n29'])).not.toBeNull();
  const sizeBytes = await runInDurableObject(
    keeper as never,
    (_: unknown, state: DurableObjectState) => state.storage.sql.databaseSize,
  );
  expect(sizeBytes).toBeLessThan(1_300_000);
});

it('forgets what has expired, at once for who asks and from the disk by its alarm', async () => {
  const keeper = newKeeper();
  await keeper.keep(['short'], ranking({ expiresAt: Date.now() - 1 }));
  await keeper.keep(['long'], ranking());
  expect(await keeper.find(['short'])).toBeNull();
  expect(await runDurableObjectAlarm(keeper as never)).toBe(true);
  const names = await runInDurableObject(keeper as never, (_: unknown, state: DurableObjectState) =>
    state.storage.sql.exec<{ name: string }>('SELECT name FROM kept').toArray(),
  );
  expect(names).toEqual([{ name: 'long' }]);
  // It is set again for what is left.
  expect(await runDurableObjectAlarm(keeper as never)).toBe(true);
});

it('an expired name is free again', async () => {
  const keeper = newKeeper();
  await keeper.keep(['a'], ranking({ expiresAt: Date.now() - 1 }));
  expect(await keeper.keep(['a'], ranking({ token: 'new' }))).toBeNull();
  expect(await keeper.find(['a'])).toMatchObject({ token: 'new' });
});

it('holds the first reward until the decision is released', async () => {
  const keeper = newKeeper();
  await keeper.keep(['a'], ranking({ held: Uint8Array.of(1, 2) }));
  expect((await keeper.find(['a']))?.held).toEqual(Uint8Array.of(1, 2));
  expect(await keeper.holdReward(['a'], 0.5)).toBe(true);
  expect(await keeper.holdReward(['a'], 1)).toBe(true);
  expect(await keeper.release(['a'])).toBe(0.5);
  expect((await keeper.find(['a']))?.held).toBeUndefined();
  expect(await keeper.holdReward(['a'], 1)).toBe(false);
});

it('has the decision of a ranking until it is told that it is logged', async () => {
  const keeper = newKeeper();
  const unlogged = Uint8Array.of(1, 2);
  await keeper.keep(['a'], ranking({ unlogged }));
  await keeper.logged(['a'], 'another' as KeptRanking['rankingId']);
  expect(await keeper.keep(['b', 'a'], ranking({ rankingId: 'r2' as never }))).toMatchObject({
    unlogged,
  });
  await keeper.logged(['b', 'a'], 'r' as KeptRanking['rankingId']);
  expect((await keeper.find(['a']))?.unlogged).toBeUndefined();
  expect((await keeper.find(['a']))?.token).toBe('token of a visitor');
});

it('what an object kept before it knew of decisions that are not logged is found, and counts as logged', async () => {
  const keeper = newKeeper();
  await runInDurableObject(keeper as never, (_: unknown, state: DurableObjectState) => {
    state.storage.sql.exec('ALTER TABLE kept DROP COLUMN unlogged');
    state.storage.sql.exec(
      `INSERT INTO kept (name, rankingId, token, itemIds, at, asked, answer, held, expiresAt) VALUES ('old', 'r', 't', '["a"]', 1, 'x', '{}', x'0102', ?)`,
      Date.now() + 60_000,
    );
  });
  await evictDurableObject(keeper);
  const old = await keeper.find(['old']);
  expect(old).toMatchObject({ token: 't', held: Uint8Array.of(1, 2) });
  expect(old).not.toHaveProperty('unlogged');
  expect(await keeper.keep(['new'], ranking({ unlogged: Uint8Array.of(3) }))).toBeNull();
});
