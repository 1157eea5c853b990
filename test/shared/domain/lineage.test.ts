import { describe, expect, it } from 'vitest';
import { MOST_LINEAGES } from '../../../shared/domain/lineage.ts';
import { armOf, championArmOf, layersAt, pointerAt } from '../../../shared/domain/pointer-at.ts';
import { parsePointer, type Pointer } from '../../../shared/domain/pointer.ts';
import type { ServedLayer } from '../../../shared/domain/experiment.ts';

const experiment = (id: string, placements?: readonly string[]) => ({
  id,
  salt: `salt of ${id}`,
  status: 'running' as const,
  range: [0, 1] as const,
  traffic: 1,
  arms: [
    { name: 'control', weight: 1 },
    { name: 'treatment', weight: 1 },
  ],
  design: 'split' as const,
  trigger: 'ranked' as const,
  ...(placements && { placements }),
});
const layer = (name: string, ...experiments: ServedLayer['experiments']): ServedLayer => ({
  name,
  salt: `layer ${name}`,
  unit: 'session',
  experiments,
});

const main = {
  champion: 'v000001',
  arms: { 'exp_a:treatment': 'v000002' },
  layers: [layer('weights', experiment('exp_a'))],
  by: 'ana',
  at: 5,
  revision: 7,
};
const whole = {
  ...main,
  placedLayers: [
    layer('weights', experiment('exp_a')),
    layer('own', experiment('exp_b', ['search'])),
  ],
  placements: {
    home: {
      champion: 'v000003',
      arms: { 'exp_h:treatment': 'v000004' },
      layers: [layer('rollout:home', experiment('exp_h'))],
      shadow: { version: 'v000005', share: 0.1 },
      by: 'ben',
      at: 4,
    },
    constructor: { champion: 'v000006', hold: true },
  },
};
const parsed = (value: object) => parsePointer(JSON.stringify(value));
const pointer = parsed(whole)!;

describe('a pointer with lineages', () => {
  it('is read as it is written', () => {
    expect(JSON.parse(JSON.stringify(pointer))).toEqual(whole);
  });

  it('says of the default lineage what an edge from before reads of it, and nothing of the others', () => {
    // What such an edge reads: it knows of no other field.
    const { placements: _, placedLayers: __, ...known } = pointer;
    expect(known).toEqual(parsed(main));
    const seen = JSON.stringify(known);
    for (const other of ['exp_b', 'exp_h', 'v000003', 'v000004', 'v000005', 'v000006'])
      expect(seen).not.toContain(other);
  });

  it('is the same pointer for who asks for one lineage', () => {
    expect(pointerAt(pointer, undefined)).toBe(pointer);
    expect(pointerAt(pointer, 'home')).toMatchObject({
      champion: 'v000003',
      placement: 'home',
      revision: 7,
      layers: whole.placements.home.layers,
    });
    expect(pointerAt(pointer, 'constructor')).toMatchObject({ champion: 'v000006', hold: true });
    for (const other of ['search', 'toString', '__proto__', ''])
      expect(pointerAt(pointer, other)).toBeUndefined();
  });

  it('names a version for every arm and champion, and whether its lineage is held', () => {
    const named = (arm: string, of: Pointer = pointer) => armOf(of, arm);
    expect(named('champion')).toEqual({ version: 'v000001', hold: false });
    expect(named('exp_a:treatment')).toEqual({ version: 'v000002', hold: false });
    expect(named('exp_h:treatment')).toEqual({ version: 'v000004', hold: false });
    expect(named(championArmOf('home'))).toEqual({ version: 'v000003', hold: false });
    expect(named(championArmOf('constructor'))).toEqual({ version: 'v000006', hold: true });
    expect(named('exp_x:treatment')).toBeUndefined();
    expect(named('toString')).toBeUndefined();
  });

  it('lets a ranking enter the experiments of its placement, and those of all', () => {
    const ids = (placement: string) =>
      layersAt(pointer.placedLayers!, placement).flatMap(({ experiments }) =>
        experiments.map(({ id }) => id),
      );
    expect(ids('search')).toEqual(['exp_a', 'exp_b']);
    expect(ids('main')).toEqual(['exp_a']);
    // Nothing is made where nothing is left out.
    expect(layersAt(pointer.layers!, 'main')).toBe(pointer.layers);
  });

  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, { champion: 'v000001' }]));
  it.each([
    ['a list', []],
    ['a text', 'home'],
    ['null', null],
    ['a name that is no placement', { Home: { champion: 'v000001' } }],
    ['no champion', { home: {} }],
    ['a champion that is no version', { home: { champion: '41' } }],
    ['a lineage that is a text', { home: 'v000001' }],
    ['arms of no versions', { home: { champion: 'v000001', arms: { a: 'b' } } }],
    ['layers that cannot be assigned by', { home: { champion: 'v000001', layers: [{}] } }],
    [
      'a share above 1',
      { home: { champion: 'v000001', shadow: { version: 'v000002', share: 2 } } },
    ],
    ['more than are served', many(MOST_LINEAGES + 1)],
  ])('is none with %s: edges keep what they have', (_, placements) => {
    expect(parsed({ ...main, placements })).toBeUndefined();
  });

  it('may have as many as are served, or an empty list of them', () => {
    expect(
      Object.keys(parsed({ ...main, placements: many(MOST_LINEAGES) })!.placements!),
    ).toHaveLength(MOST_LINEAGES);
    expect(parsed({ ...main, placements: {} })).toEqual(parsed(main));
  });

  it.each([[[]], [['Home']], ['home'], [[3]]])(
    'is none where an experiment is of placements %j',
    (placements) => {
      const odd = { ...experiment('exp_o'), placements };
      expect(
        parsed({ ...main, placedLayers: [{ ...layer('own'), experiments: [odd] }] }),
      ).toBeUndefined();
    },
  );
});
