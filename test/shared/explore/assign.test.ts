import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkLayer, type AssignedExperiment, type Layer } from '../../../shared/domain/layer.ts';
import {
  assign,
  hashToUnitInterval,
  type Assignment,
  type Visitor,
} from '../../../shared/explore/assign.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { sized } from '../../support/size.ts';

const golden = JSON.parse(
  readFileSync(new URL('../../golden/assign.json', import.meta.url), 'utf8'),
) as {
  layers: Record<string, Layer>;
  cases: { layer: string; visitor: Visitor; expected: Assignment }[];
};

describe('assign', () => {
  it.each(golden.cases)('puts $visitor in $expected of $layer', ({ layer, visitor, expected }) => {
    expect(assign(golden.layers[layer], visitor)).toEqual(expected);
  });

  it('has a golden case of every arm and every reason', () => {
    const seen = new Set(golden.cases.map(({ expected }) => JSON.stringify(expected)));
    expect(seen.size).toBe(11);
  });
});

const HALVES = [
  { name: 'control', weight: 50 },
  { name: 'treatment', weight: 50 },
];
const experiment = (changed: Partial<AssignedExperiment> = {}): AssignedExperiment => ({
  id: 'exp_1',
  salt: 'salt_1',
  status: 'running',
  range: [0, 1],
  traffic: 1,
  arms: HALVES,
  ...changed,
});
const layerOf = (...experiments: AssignedExperiment[]): Layer => ({
  salt: 'layer_1',
  unit: 'user',
  experiments,
});
const assignUser = (layer: Layer, userId: string) => assign(layer, { sessionId: 's', userId });

const SEED = 20_311;
const UNITS = sized({ small: 20_000, full: 100_000 });
const KINDS = {
  'counted ids': (() => Array.from({ length: UNITS }, (_, i) => `user-${i}`))(),
  'random ids': (() => {
    const random = seededRandom(SEED);
    const part = () => Math.floor(random() * 2 ** 32).toString(36);
    return Array.from({ length: UNITS }, () => part() + part());
  })(),
};
const kinds = Object.entries(KINDS);

/** Of counts that ought to be even; z of it by Wilson and Hilferty (1931): |z| > 4 is 1 of 16,000 fair samples. */
function zOfEven(counts: ArrayLike<number>, df = counts.length - 1): number {
  const all = Array.from(counts);
  const mean = all.reduce((a, b) => a + b, 0) / all.length;
  const chiSquare = all.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
  const spread = 2 / (9 * df);
  return (Math.cbrt(chiSquare / df) - (1 - spread)) / Math.sqrt(spread);
}

function zOfPairs(units: readonly string[], one: Place, other: Place): number {
  const counts = new Uint32Array(256);
  for (const unit of units)
    counts[16 * Math.floor(16 * one(unit)) + Math.floor(16 * other(unit))]++;
  return zOfEven(counts);
}

type Place = (unit: string) => number;
const by =
  (salt: string, purpose: Parameters<typeof hashToUnitInterval>[1]): Place =>
  (unit) =>
    hashToUnitInterval(salt, purpose, unit);

describe(`chance of assignment, ${UNITS} units, seed ${SEED}`, () => {
  it.each(kinds)('spreads %s evenly over a layer, whatever its salt (chi-square)', (_, units) => {
    for (const salt of ['', 'a', 'layer_1', 'layer_2', 'exp_d3b07384']) {
      const counts = new Uint32Array(256);
      for (const unit of units) counts[Math.floor(256 * hashToUnitInterval(salt, 'layer', unit))]++;
      expect(Math.abs(zOfEven(counts)), salt).toBeLessThan(4);
    }
  });

  it.each([
    ['two layers', by('layer_1', 'layer'), by('layer_2', 'layer')],
    ['two layers whose salts differ in one bit', by('layer_b', 'layer'), by('layer_c', 'layer')],
    ['the arms of two experiments', by('exp_1', 'arm'), by('exp_2', 'arm')],
    ['traffic and arm of one experiment', by('exp_1', 'traffic'), by('exp_1', 'arm')],
    ['layer and arm, of one salt even', by('same', 'layer'), by('same', 'arm')],
    ['a salt and one that begins with it', by('exp', 'arm'), by('exp_1', 'arm')],
  ])('draws %s apart (chi-square over 16 × 16)', (_, one, other) => {
    for (const [kind, units] of kinds)
      expect(Math.abs(zOfPairs(units, one, other)), kind).toBeLessThan(4);
  });

  it('tells nothing of one arm by another, over all pairs of six salts, at 50/50, 90/10 and 1/99', () => {
    const salts = ['', '1', 'exp_1', 'exp_11', 'exp_d3b07384', 'exp_d3b07385'];
    const units = KINDS['counted ids'];
    const places = salts.map((salt) => units.map((unit) => hashToUnitInterval(salt, 'arm', unit)));
    for (const share of [0.5, 0.1, 0.01]) {
      const inside = places.map((own) => own.map((place) => (place < share ? 1 : 0)));
      const shares = inside.map((one) => one.reduce<number>((sum, is) => sum + is, 0) / UNITS);
      salts.forEach((salt, a) => {
        for (let b = 0; b < a; b++) {
          const both = inside[a].reduce<number>((sum, is, i) => sum + is * inside[b][i], 0);
          // Pearson's phi of a 2 × 2 table: √UNITS · phi is a standard normal where the draws are apart.
          const [p, q] = [shares[a], shares[b]];
          const phi = (both / UNITS - p * q) / Math.sqrt(p * (1 - p) * q * (1 - q));
          expect(Math.abs(Math.sqrt(UNITS) * phi), `${salt}, ${salts[b]}`).toBeLessThan(4.5);
        }
      });
    }
  });

  it('would see two draws that are one', () => {
    const one = by('exp_1', 'arm');
    expect(zOfPairs(KINDS['counted ids'], one, one)).toBeGreaterThan(100);
  });

  it.each([
    ['50/50', [50, 50]],
    ['90/10', [0.9, 0.1]],
    ['1/99', [1, 99]],
    ['2/1/1', [2, 1, 1]],
    ['all/nothing', [1, 0]],
  ])('gives the arms their shares at %s', (_, weights) => {
    const arms = weights.map((weight, i) => ({ name: `arm ${i}`, weight }));
    const layer = layerOf(experiment({ arms }));
    const counts = new Map<string, number>();
    for (const unit of KINDS['counted ids']) {
      const answer = assignUser(layer, unit);
      if ('arm' in answer) counts.set(answer.arm, (counts.get(answer.arm) ?? 0) + 1);
    }
    const total = weights.reduce((a, b) => a + b);
    for (const { name, weight } of arms) {
      const share = weight / total;
      const sd = Math.sqrt(UNITS * share * (1 - share));
      expect(Math.abs((counts.get(name) ?? 0) - UNITS * share)).toBeLessThanOrEqual(4 * sd);
    }
  });

  it('splits the units of one layer half as it splits those of the other', () => {
    const layer = layerOf(
      experiment({ id: 'left', salt: 'left', range: [0, 0.5] }),
      experiment({ id: 'right', salt: 'right', range: [0.5, 1] }),
    );
    const counts = new Map<string, number>();
    for (const unit of KINDS['random ids']) {
      const key = JSON.stringify(assignUser(layer, unit));
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(4);
    expect(Math.abs(zOfEven([...counts.values()]))).toBeLessThan(4);
  });
});

describe('a unit', () => {
  const units = KINDS['counted ids'].slice(0, 20_000);

  it('stays in its arm while traffic grows', () => {
    const [small, large] = [0.05, 0.6].map((traffic) => layerOf(experiment({ traffic })));
    let inside = 0;
    for (const unit of units) {
      const before = assignUser(small, unit);
      if (!('arm' in before)) continue;
      inside++;
      expect(assignUser(large, unit)).toEqual(before);
    }
    expect(inside).toBeGreaterThan(800);
  });

  it('stays in a canary while the canary grows', () => {
    const canary = (percent: number) =>
      layerOf(
        experiment({
          arms: [
            { name: 'canary', weight: percent },
            { name: 'champion', weight: 100 - percent },
          ],
        }),
      );
    let inside: string[] = [];
    for (const percent of [1, 5, 25, 50, 100]) {
      const now = units.filter((unit) => {
        const answer = assignUser(canary(percent), unit);
        return 'arm' in answer && answer.arm === 'canary';
      });
      const set = new Set(now);
      expect(inside.filter((unit) => !set.has(unit))).toEqual([]);
      inside = now;
    }
    expect(inside).toEqual(units);
  });

  it('is drawn independently by another salt on the same range', () => {
    const [one, two] = ['salt_1', 'salt_2'].map((salt) => layerOf(experiment({ salt })));
    const same = units.filter(
      (unit) => JSON.stringify(assignUser(one, unit)) === JSON.stringify(assignUser(two, unit)),
    );
    // Half of 20,000 fair coins, ± 4 standard deviations of 70.7.
    expect(Math.abs(same.length - 10_000)).toBeLessThan(283);
  });

  it('falls to the running owner of a range that a stopped experiment had', () => {
    const layer = layerOf(
      experiment({ id: 'old', salt: 'old', status: 'stopped' }),
      experiment({ id: 'new', salt: 'new' }),
    );
    expect(assignUser(layer, 'user-1')).toMatchObject({ experiment: 'new' });
  });
});

describe('checkLayer', () => {
  it.each([
    ['lets a layer pass', [experiment({ range: [0, 0.5] }), second({ range: [0.5, 1] })]],
    ['lets a stopped one overlap', [experiment({ status: 'stopped' }), second()]],
  ])('%s', (_, experiments) => {
    expect(() => checkLayer(layerOf(...experiments))).not.toThrow();
  });

  it.each([
    [
      'ranges that overlap',
      [second({ range: [0.4, 1] }), experiment({ range: [0, 0.5] })],
      /exp_1 and exp_2 overlap in their layer \(0–0.5 and 0.4–1\)/,
    ],
    ['an id twice', [experiment(), experiment()], /exp_1 is listed twice/],
    [
      'a salt twice',
      [experiment(), second({ salt: 'salt_1' })],
      /exp_2 needs a salt of its own: salt_1/,
    ],
    ["the layer's salt", [experiment({ salt: 'layer_1' })], /salt of its own: layer_1/],
    [
      'a range out of the layer',
      [experiment({ range: [0, 1.1] })],
      /0 ≤ from < to ≤ 1, but was 0–1.1/,
    ],
    ['an empty range', [experiment({ range: [0.3, 0.3] })], /but was 0.3–0.3/],
    ['traffic in percent', [experiment({ traffic: 50 })], /share from 0 to 1, but was 50/],
    ['an arm twice', [experiment({ arms: [HALVES[0], HALVES[0]] })], /arm needs a name of its own/],
    [
      'a weight below 0',
      [experiment({ arms: [{ name: 'a', weight: -1 }] })],
      /weight of arm a must be at least 0, but was -1/,
    ],
    [
      'no weight',
      [experiment({ arms: [{ name: 'a', weight: 0 }] })],
      /at least one arm needs a weight/,
    ],
    ['no arm', [experiment({ arms: [] })], /at least one arm needs a weight/],
    ...[1e308, 5e-324].map((weight): [string, AssignedExperiment[], RegExp] => [
      `two weights of ${weight}, on which no place could fall`,
      [experiment({ arms: HALVES.map((arm) => ({ ...arm, weight })) })],
      /weights must come to between 1e-9 and 1e9/,
    ]),
  ])('refuses %s', (_, experiments, message) => {
    expect(() => checkLayer(layerOf(...experiments))).toThrow(message);
  });
});

function second(changed: Partial<AssignedExperiment> = {}): AssignedExperiment {
  return experiment({ id: 'exp_2', salt: 'salt_2', ...changed });
}
