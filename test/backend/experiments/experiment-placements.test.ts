import { describe, expect, test } from 'vitest';
import { placingOf } from '../../../backend/experiments/experiment-placements.ts';
import { trafficFrom } from '../../../backend/experiments/traffic.ts';
import type { Experiment } from '../../../backend/experiments/new-experiment.ts';
import type { LayerRow } from '../../../backend/experiments/layers.ts';
import { parsePointer } from '../../../shared/domain/pointer.ts';

const pointer = parsePointer(
  '{"champion":"v000001","placements":{"home":{"champion":"v000002"}}}',
)!;

describe('which rankings may enter an experiment', () => {
  test.each([
    [undefined, { placements: null, lineage: null }],
    [['home'], { placements: ['home'], lineage: 'home' }],
    [['search', 'email', 'search'], { placements: ['email', 'search'], lineage: null }],
    [['constructor'], { placements: ['constructor'], lineage: null }],
  ])('of %j', (asked, expected) => {
    expect(placingOf(asked, pointer)).toEqual(expected);
  });

  test.each([
    [[], /a list of 1 to 16 placements, but had 0/],
    [Array.from({ length: 17 }, (_, i) => `p${i}`), /but had 17/],
    [['Home'], /lower-case letters/],
    [[''], /lower-case letters/],
    [['__proto__'], /lower-case letters/],
    [['h'.repeat(65)], /1 to 64/],
    [['home', 'search'], /home has a lineage of its own/],
  ])('is refused in words for %j', (asked, message) => {
    expect(() => placingOf(asked, pointer)).toThrow(message);
  });
});

const row = (id: string, changes: Partial<Experiment>): Experiment => ({
  id,
  name: id,
  kind: 'experiment',
  layer: 'weights',
  salt: `salt of ${id}`,
  rangeFrom: 0,
  rangeTo: 0.5,
  traffic: 1,
  arms: [
    { name: 'control', weight: 1, version: 'v000001' as never },
    { name: 'treatment', weight: 1, version: 'v000002' as never },
  ],
  design: 'split',
  trigger: 'ranked',
  metrics: [],
  guardrails: [],
  minimumPerArm: 2,
  metricWeightsId: null,
  status: 'running',
  createdAt: 1,
  startedAt: 1,
  stoppedAt: null,
  ramp: null,
  placements: null,
  lineage: null,
  ...changes,
});
const layers: LayerRow[] = ['weights', 'rollout:home'].map((name, rank) => ({
  name,
  salt: `layer ${name}`,
  unit: 'session',
  rank,
  createdAt: 1,
}));

test('experiments of some placements and of lineages stand where older edges do not read', () => {
  const everywhere = row('exp_a', {});
  const before = trafficFrom(layers, [everywhere]);
  const now = trafficFrom(layers, [
    everywhere,
    row('exp_b', { rangeFrom: 0.5, rangeTo: 1, placements: ['email', 'search'] }),
    row('exp_h', { layer: 'rollout:home', placements: ['home'], lineage: 'home' }),
  ]);
  expect(before.placedLayers).toBeUndefined();
  expect(now.layers).toEqual(before.layers);
  expect(now.placedLayers![0].experiments.map(({ id, placements }) => [id, placements])).toEqual([
    ['exp_a', undefined],
    ['exp_b', ['email', 'search']],
  ]);
  expect(Object.keys(now.arms)).not.toContain('exp_h:treatment');
  expect(now.placements.home.arms).toEqual({
    'exp_h:control': 'v000001',
    'exp_h:treatment': 'v000002',
  });
  // All rankings of the lineage are of its placement.
  expect(now.placements.home.layers[0].experiments[0]).not.toHaveProperty('placements');
});

test('experiments of one layer share no unit, of whichever placements they are', () => {
  const both = [row('exp_a', {}), row('exp_h', { lineage: 'home', placements: ['home'] })];
  expect(() => trafficFrom(layers, both)).toThrow(/overlap in their layer/);
});
