import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LoggedSlate } from '../../../../backend/science/learn/logged-slate.ts';
import { COUNT_COLUMNS, VALUE_COLUMNS } from '../../../../backend/science/learn/tallies.ts';
import {
  distinctIn,
  partWriter,
  readPart,
  readPartForTraining,
} from '../../../../backend/log/partitions/part-file.ts';
import { runs, SEED } from '../../../shared/support/seed.ts';

const FEATURES = 5;

const id = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
const tallies = fc.option(
  fc
    .record(
      {
        ...Object.fromEntries(
          COUNT_COLUMNS.map((name) => [name, fc.integer({ min: 1, max: 2 ** 31 - 1 })]),
        ),
        ...Object.fromEntries(
          VALUE_COLUMNS.map((name) => [name, fc.double({ noNaN: true, noDefaultInfinity: true })]),
        ),
        'outcome.revenue': fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
      } satisfies Record<string, fc.Arbitrary<number>>,
      { requiredKeys: [] },
    )
    .filter((found) => Object.keys(found).length > 0),
  { nil: undefined },
);

const given = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [] });

const slate: fc.Arbitrary<LoggedSlate> = fc.integer({ min: 1, max: 8 }).chain((slots) => {
  const each = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: slots, maxLength: slots });
  const raises = each(fc.nat({ max: 2 ** 28 })).map((n) => Int32Array.from(n));
  return fc.oneof(fc.constant({}), fc.record({ raises })).chain((raised) =>
    fc
      .record({
        rankingId: id,
        at: fc.integer({ min: 0, max: 4_000_000_000_000 }),
        sessionId: id,
        userId: fc.option(id),
        placement: fc.constantFrom('main', 'home'),
        consent: fc.constantFrom('measure', 'personalise'),
        arm: fc.option(id),
        weights: fc.constantFrom('v000000', 'v000041'),
        draw: fc.option(
          fc
            .tuple(
              fc.record({
                temperature: fc.double({ min: 0, max: 1e6, noNaN: true }).map((n) => n + 0),
                epsilon: fc.double({ min: 0, max: 1, noNaN: true }).map((n) => n + 0),
                poolSize: fc.integer({ min: 1, max: 1000 }),
                isDrafted: fc.boolean(),
              }),
              given({
                optimism: fc.double({ min: 0, max: 10, noNaN: true }).map((n) => n + 0),
                maxLoss: fc.double({ min: 0.1, max: 1e5, noNaN: true }),
                fromSlot: fc.integer({ min: 1, max: 1000 }),
                seed: fc.nat({ max: 2 ** 32 - 1 }),
              }),
            )
            .map(([always, asked]) => ({ ...always, ...asked })),
        ),
        itemIds: each(id),
        units: each(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })).map((n) =>
          Int32Array.from(n),
        ),
        propensities: each(fc.double({ min: 0, max: 1, noNaN: true })).map((n) =>
          Float64Array.from(n),
        ),
        codes: fc.uint8Array({ minLength: slots * FEATURES, maxLength: slots * FEATURES }),
        tallies: each(tallies),
      })
      .map((always) => ({ ...always, ...raised })),
  );
});

/** -0 is not kept apart from 0 in a dictionary, nor need it be. */
const plain = (slates: readonly LoggedSlate[]) =>
  slates.map(({ units, propensities, tallies: all, ...rest }) => ({
    ...rest,
    units: [...units],
    propensities: [...propensities].map((p) => p + 0),
    tallies: all.map(
      (found) => found && Object.fromEntries(Object.entries(found).map(([k, n]) => [k, n + 0])),
    ),
  }));

function fileOf(slates: readonly LoggedSlate[]) {
  const writer = partWriter(FEATURES);
  for (const one of slates) writer.add(one);
  expect(writer.rows).toBe(slates.reduce((rows, { itemIds }) => rows + itemIds.length, 0));
  return new Uint8Array(writer.finish());
}

const all = <T>(rows: AsyncIterable<T>): Promise<T[]> => Array.fromAsync(rows);

test(`slates come back from Parquet as they went in (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(slate, { minLength: 1, maxLength: 20 }), async (slates) => {
      expect(plain(await all(readPart(fileOf(slates))))).toEqual(plain(slates));
    }),
    { numRuns: runs(100) },
  );
});

/** More than a row group holds, so that slates at its edge would show if they were cut. */
const [sample] = fc.sample(slate, { seed: SEED, numRuns: 1 });
const many = Array.from({ length: 21_000 }, (_, n) => ({
  ...sample,
  rankingId: `r${n}`,
  at: n,
  userId: n % 4 === 0 ? null : `user-${n % 3}`,
  tallies: sample.itemIds.map((__, slot) =>
    (n + slot) % 7 === 0 ? { click: 1 + (n % 2), 'outcome.revenue': n } : undefined,
  ),
}));

test('files of several row groups keep their slates whole', async () => {
  const file = fileOf(many);
  const found = await all(readPart(file));
  expect(found.map(({ rankingId }) => rankingId)).toEqual(many.map(({ rankingId }) => rankingId));
  expect(plain(found.slice(-3))).toEqual(plain(many.slice(-3)));
  expect(await distinctIn(file, 'userId')).toEqual(new Set([null, 'user-0', 'user-1', 'user-2']));
});

test('training reads the columns that it weighs, and what learners need', async () => {
  const { at, sessionId, userId, weights, codes } = many[7];
  const learned = (await all(readPartForTraining(fileOf(many.slice(0, 20)), ['click'])))[7];
  expect(learned).toMatchObject({ at, sessionId, userId, weights, codes });
  expect(learned.tallies).toEqual(many[7].tallies.map((found) => found && { click: found.click }));
  const paid = (
    await all(readPartForTraining(fileOf(many.slice(0, 20)), ['click', 'outcome.revenue']))
  )[7];
  expect(paid.tallies).toEqual(many[7].tallies);
});

test('a file from before pointer activity was known is read, and trained on, as without any', async () => {
  const path = new URL('../../../golden/part-before-pointer-activity.parquet', import.meta.url);
  const file = new Uint8Array(readFileSync(path));
  const happened = [{ click: 2, dwell: 1, dwell_value: 1500 }, undefined];
  const [found, ...others] = await all(readPart(file));
  expect(others).toEqual([]);
  expect(found).toMatchObject({
    rankingId: 'r-1',
    userId: 'u-1',
    // Nor was it known how slates were drawn.
    draw: null,
    itemIds: ['trip-1', '3'],
    tallies: happened,
  });
  const [learned] = await all(readPartForTraining(file, ['pointer_activity', 'click']));
  expect(learned.tallies).toEqual([{ click: 2 }, undefined]);
});
