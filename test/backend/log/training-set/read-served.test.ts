import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { partWriter, readPart } from '../../../../backend/log/partitions/part-file.ts';
import {
  folderOf,
  writePart,
  type Manifest,
} from '../../../../backend/log/partitions/partition.ts';
import { syncPartitions } from '../../../../backend/log/partitions/partitions.ts';
import { readPartitions } from '../../../../backend/log/training-set/read-partitions.ts';
import { readServed } from '../../../../backend/log/training-set/read-served.ts';
import type { ExplorationSpec } from '../../../../shared/domain/exploration.ts';
import { dayOf } from '../../../../shared/domain/utc-day.ts';
import { parseVersion } from '../../../../shared/domain/ids.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { NOON, openLog, rankingOf, type Log } from '../support/log.ts';

const OWN: ExplorationSpec = { temperature: 3, epsilon: 0.02, poolSize: 50 };
const SERVED = { version: 'v000000', exploration: OWN, from: NOON - 1000, to: NOON + 1000 };

let log: Log;
beforeEach(async () => {
  log = await openLog();
});
afterEach(() => log.close());

const named = async (manifests: readonly Manifest[], changes: Partial<typeof SERVED> = {}) =>
  (await readServed(log.deps().objects, manifests, { ...SERVED, ...changes }))
    .map(({ rankingId }) => rankingId)
    .toSorted();

test('the log of a version is what it drew itself, in an experiment or not', async () => {
  const bold = { ...OWN, temperature: 9 };
  await log.add([
    rankingOf('own', NOON, { exploration: OWN }),
    rankingOf('own-in-an-arm', NOON, { exploration: OWN, arm: 'exp_1:control' }),
    rankingOf('bold', NOON, { exploration: bold, arm: 'exp_1:bold' }),
    rankingOf('uniform', NOON, { exploration: { ...OWN, epsilon: 1 }, arm: 'exp_1:uniform' }),
    rankingOf('of-a-larger-pool', NOON, { exploration: { ...OWN, poolSize: 99 } }),
    rankingOf('drafted', NOON, {
      exploration: OWN,
      teams: Uint8Array.of(0, 1, 0),
      arm: 'exp_2:control',
    }),
    rankingOf('another', NOON, { exploration: OWN, weights: parseVersion('v000001') }),
    rankingOf('in-the-order-of-the-site', NOON, { exploration: OWN, siteOrder: true }),
    rankingOf('earlier', NOON - 1001, { exploration: OWN }),
    rankingOf('later', NOON + 1001, { exploration: OWN }),
  ]);
  await log.update();
  const manifests = await syncPartitions(log.deps(), smarttrip, { from: 0, to: NOON * 2 });
  expect(await named(manifests)).toEqual(['own', 'own-in-an-arm']);
  expect(await named(manifests, { exploration: bold })).toEqual(['bold']);
});

test('what was shown in the order of the site is learned from, and is no version’s', async () => {
  await log.add([
    rankingOf('kept', NOON, {
      exploration: { temperature: 0, epsilon: 0, poolSize: 1 },
      propensities: [1, 1, 1],
      siteOrder: true,
    }),
  ]);
  await log.update();
  const { objects } = log.deps();
  const manifests = await syncPartitions(log.deps(), smarttrip, { from: 0, to: NOON * 2 });
  const window = { from: NOON - 1000, to: NOON + 1000 };
  const read = (more: object) =>
    readPartitions(objects, manifests, smarttrip, { ...window, ...more }, { click: 1 });
  expect((await read({})).facts.rankings).toBe(1);
  // As online deltas ask, which are of what a version served.
  expect((await read({ servedBy: SERVED.version })).facts.rankings).toBe(0);
  expect(
    await named(manifests, { exploration: { temperature: 0, epsilon: 0, poolSize: 1 } }),
  ).toEqual([]);
});

test('what a ranking explored of what is little known comes back from the log, and tells whose draw it was', async () => {
  const own = { ...OWN, optimism: 0.5, maxLoss: 4 };
  const raises = [4096, 0, 65_536];
  await log.add([
    rankingOf('raised', NOON, { exploration: own, raises, seed: 4_000_000_000 }),
    rankingOf('not-raised', NOON, { exploration: own }),
    rankingOf('from-slot-2', NOON, { exploration: { ...own, fromSlot: 2 } }),
    rankingOf('without-limit', NOON, { exploration: { ...OWN, optimism: 0.5 } }),
    rankingOf('by-temperature', NOON, { exploration: OWN }),
  ]);
  await log.update();
  const manifests = await syncPartitions(log.deps(), smarttrip, { from: 0, to: NOON * 2 });
  const served = await readServed(log.deps().objects, manifests, { ...SERVED, exploration: own });
  const byName = new Map(served.map((slate) => [slate.rankingId, slate]));
  expect([...byName.keys()].toSorted()).toEqual(['not-raised', 'raised']);
  expect(byName.get('raised')).toMatchObject({
    draw: { ...own, seed: 4_000_000_000, isDrafted: false },
    raises: Int32Array.from(raises),
  });
  expect(byName.get('not-raised')!.raises).toBeUndefined();
  expect(await named(manifests, { exploration: { ...own, fromSlot: 2 } })).toEqual(['from-slot-2']);
  expect(await named(manifests)).toEqual(['by-temperature']);
});

test('of a partition from before draws were kept, only what was in no experiment', async () => {
  const path = new URL('../../../golden/part-before-pointer-activity.parquet', import.meta.url);
  const [old] = await Array.fromAsync(readPart(new Uint8Array(readFileSync(path))));
  const features = old.codes.length / old.itemIds.length;
  const writer = partWriter(features);
  writer.add({ ...old, rankingId: 'exposed', arm: 'exp_1:bold' });
  writer.add({ ...old, rankingId: 'in-none', arm: null });
  const { objects } = log.deps();
  const day = dayOf(old.at);
  const folder = folderOf('ab12', day);
  const part = await writePart(objects, `${folder}part-0.parquet`, writer.finish(), writer.rows);
  const manifest = { day, parts: [part] } as unknown as Manifest;
  const span = { version: old.weights, from: old.at, to: old.at };
  expect(await named([manifest], span)).toEqual(['in-none']);
});
