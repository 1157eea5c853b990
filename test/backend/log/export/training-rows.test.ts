import { expect, test } from 'vitest';
import {
  exportColumns,
  featureColumn,
  rowsOfSlate,
} from '../../../../backend/log/export/training-rows.ts';
import { collector } from '../../../../backend/log/training-set/collect.ts';
import type { LoggedSlate } from '../../../../backend/science/learn/logged-slate.ts';
import { toUnits } from '../../../../shared/score/fixed-point.ts';
import { SCHEMA } from '../../interchange/support/trained-rows.ts';

const FEATURES = SCHEMA.features.map(({ name }) => name);
const REWARD = { click: 1 };

/** A ranking of three items, of which each was clicked as often as its place says. */
const slateOf = (name: string, changes: Partial<LoggedSlate> = {}): LoggedSlate => ({
  rankingId: name,
  at: 1000,
  sessionId: name,
  userId: null,
  placement: 'search',
  consent: 'personalise',
  arm: null,
  weights: 'v000000',
  draw: null,
  itemIds: ['a', 'b', 'c'].map((item) => `${name}-${item}`),
  units: Int32Array.from([3, 2, 1], toUnits),
  propensities: Float64Array.of(0.5, 0.25, 0.125),
  codes: Uint8Array.from({ length: 3 * FEATURES.length }, (_, i) => i % 3),
  tallies: [{ click: 1 }, { click: 2 }, { click: 3 }],
  ...changes,
});

test('what an export says of a ranking is what training reads of it, with pins and further pages', () => {
  const slates = [
    slateOf('plain'),
    slateOf('pinned', { pinned: Uint8Array.of(0, 1, 0) }),
    slateOf('further', { pageOffset: 20 }),
    slateOf('both', { pageOffset: 20, pinned: Uint8Array.of(1, 0, 0) }),
    slateOf('all-pinned', { pinned: Uint8Array.of(1, 1, 1) }),
  ];
  const rows = { features: FEATURES, reward: REWARD, firstGroup: 0, salt: 'a'.repeat(32) };
  const names = exportColumns(FEATURES).map(({ name }) => name);
  const found = slates
    .flatMap((slate, group) => rowsOfSlate(slate, rows, group))
    .map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));

  const training = collector(SCHEMA, { from: 0, to: 2000 }, REWARD, 15);
  for (const slate of slates) training.add(slate);
  const { set } = training.finish();
  expect(found.map(({ label }) => label)).toEqual([...set.reward]);
  expect(found.map(({ propensity }) => propensity)).toEqual([...set.propensity!]);
  expect(found.map(({ position }) => position)).toEqual([...set.position]);
  FEATURES.forEach((name, feature) =>
    expect(found.map((row) => row[featureColumn(name)])).toEqual([
      ...set.codes.subarray(feature * set.rows, (feature + 1) * set.rows),
    ]),
  );

  expect(found.map(({ item, position, points }) => [item, position, points])).toEqual([
    ['plain-a', 1, 3],
    ['plain-b', 2, 2],
    ['plain-c', 3, 1],
    ['pinned-a', 1, 3],
    ['pinned-c', 3, 1],
    ['further-a', 21, 3],
    ['further-b', 22, 2],
    ['further-c', 23, 1],
    ['both-b', 22, 2],
    ['both-c', 23, 1],
  ]);
});
