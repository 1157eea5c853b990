import { afterEach, expect, test, vi } from 'vitest';
import { admission } from '../../../../backend/log/ingest/admission.ts';
import { DatabaseBusy } from '../../../../backend/store/database-busy.ts';

afterEach(() => vi.useRealTimers());

const BUSY = { status: 503, code: 'busy', retryAfterS: 5 };
const RULES = { mostUnderWay: 2, answerWithinMs: 10_000 };

const refusalOf = (admitted: Promise<unknown>) => admitted.catch((error: unknown) => error);

test('a batch that the database takes too long for is refused in time, and its work goes on', async () => {
  vi.useFakeTimers();
  const late: unknown[] = [];
  const { admit } = admission(RULES, (error) => late.push(error));
  const work = Promise.withResolvers<number>();
  let settled = 0;
  const refused = refusalOf(admit(() => work.promise.finally(() => settled++)));
  await vi.advanceTimersByTimeAsync(RULES.answerWithinMs);
  expect(await refused).toMatchObject(BUSY);
  expect(settled).toBe(0);
  work.resolve(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(settled).toBe(1);
  expect(late).toEqual([]);
});

test('work that fails after its batch was refused is told', async () => {
  vi.useFakeTimers();
  const late: unknown[] = [];
  const { admit } = admission(RULES, (error) => late.push(error));
  const work = Promise.withResolvers<number>();
  const refused = refusalOf(admit(() => work.promise));
  await vi.advanceTimersByTimeAsync(RULES.answerWithinMs);
  expect(await refused).toMatchObject(BUSY);
  work.reject(new Error('disk'));
  await vi.advanceTimersByTimeAsync(0);
  expect(late).toEqual([new Error('disk')]);
});

test('beyond what may be under way a batch is refused at once, until there is room', async () => {
  const { admit } = admission(RULES, () => {});
  const works = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const admitted = works.map(({ promise }) => admit(() => promise));
  let isBegun = false;
  const begin = async () => {
    isBegun = true;
    return 'third';
  };
  await expect(admit(begin)).rejects.toMatchObject(BUSY);
  expect(isBegun).toBe(false);
  works[0].resolve('first');
  expect(await admitted[0]).toBe('first');
  expect(await admit(begin)).toBe('third');
  works[1].resolve('second');
  expect(await admitted[1]).toBe('second');
});

test('a busy database is told with Retry-After, and any other failure as it is', async () => {
  const { admit } = admission(RULES, () => {});
  await expect(admit(() => Promise.reject(new DatabaseBusy('locked')))).rejects.toMatchObject(BUSY);
  await expect(admit(() => Promise.reject(new Error('no space')))).rejects.toThrow('no space');
});
