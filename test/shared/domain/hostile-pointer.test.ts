import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePointer } from '../../../shared/domain/pointer.ts';
import type { Visitor } from '../../../shared/explore/assign.ts';
import { experimentOf, otherArms, resolve } from '../../../shared/explore/resolve.ts';
import { everyReplacement } from '../support/mutate-json.ts';
import { fuzz, SEED } from '../support/seed.ts';

const { pointers } = JSON.parse(
  readFileSync(new URL('../../golden/resolve.json', import.meta.url), 'utf8'),
);
const { busy } = pointers;
const [layer] = busy.layers;
const [experiment] = layer.experiments;
const visitors: Visitor[] = Array.from({ length: 12 }, (_, i) => ({
  sessionId: `s${i}`,
  ...(i % 3 > 0 && { userId: `u${i}` }),
}));

/** What an isolate does with a pointer; whatever it throws fails the test. */
function use(text: string): 'used' | 'refused' {
  const pointer = parsePointer(text);
  if (pointer === undefined) return 'refused';
  for (const visitor of visitors) {
    const resolved = resolve(pointer, visitor);
    expect(resolved.version).toMatch(/^v\d{6,9}$/);
    for (const { experiment: id } of resolved.exposures)
      otherArms(resolved, experimentOf(id, pointer), pointer);
  }
  return 'used';
}

describe('a pointer that a hand has changed', () => {
  it('resolves or is none, whatever stands in place of any of its parts', () => {
    const counts = { used: 0, refused: 0 };
    for (const changed of everyReplacement(busy)) counts[use(JSON.stringify(changed))]++;
    expect(counts.used).toBeGreaterThan(50);
    expect(counts.refused).toBeGreaterThan(1000);
  });

  it(`resolves or is none, whatever JSON its layers and shadow are (seed ${SEED})`, () => {
    const parts = fc.record({
      layers: fc.jsonValue(),
      shadow: fc.jsonValue(),
      arms: fc.jsonValue(),
    });
    fuzz(parts, (odd) => {
      for (const [name, part] of Object.entries(odd))
        use(JSON.stringify({ ...busy, [name]: part }));
    });
  });

  it(`resolves or is none, whatever characters are changed (seed ${SEED})`, () => {
    const text = JSON.stringify(busy);
    const edits = fc.array(
      fc.tuple(fc.nat(text.length - 1), fc.constantFrom('"', '{', '[', ',', '0', '-', 'e', '\\')),
      { minLength: 1, maxLength: 3 },
    );
    fuzz(edits, (changes) => {
      const letters = [...text];
      for (const [at, letter] of changes) letters[at] = letter;
      use(letters.join(''));
    });
  });

  it('is read and used with as many experiments and arms as may run, far over 25 KB', () => {
    const experiments = Array.from({ length: 20 }, (_, i) => ({
      ...experiment,
      id: `exp_${i}_${'x'.repeat(32)}`,
      salt: `salt ${i}`,
      status: 'running',
      range: [i / 20, (i + 1) / 20],
      traffic: 1,
      design: 'split',
      arms: Array.from({ length: 8 }, (_unused, n) => ({
        name: `arm-${n}-${'y'.repeat(32)}`,
        weight: 1,
        exploration: { temperature: n, epsilon: 0.1, poolSize: 50 },
      })),
    }));
    const versions = Object.fromEntries(
      experiments.flatMap(({ id, arms }) =>
        arms.map((arm: { name: string }) => [`${id}:${arm.name}`, 'v000012']),
      ),
    );
    const text = JSON.stringify({
      ...busy,
      arms: versions,
      layers: [{ ...layer, experiments }],
    });
    expect(text.length).toBeGreaterThan(25_000);
    expect(use(text)).toBe('used');
  });

  const withExperiment = (changes: object) => ({
    ...busy,
    layers: [{ ...layer, experiments: [{ ...experiment, ...changes }] }],
  });
  const control = experiment.arms[0];
  const exploration = { temperature: 3, epsilon: 0.1, poolSize: 50 };
  const withArm = (changes: object) => withExperiment({ arms: [{ ...control, ...changes }] });

  it.each<[string, object]>([
    ['as the backend writes it', busy],
    ['with one experiment', withExperiment({})],
    ['with exploration in an arm', withArm({ exploration })],
    ['with a shadow', { ...busy, shadow: { version: 'v000012', share: 0.1 } }],
    ['with no layer', { ...busy, layers: [] }],
  ])('is read %s', (_, pointer) => {
    expect(parsePointer(JSON.stringify(pointer))).toEqual(pointer);
    expect(use(JSON.stringify(pointer))).toBe('used');
  });

  it.each<[string, object]>([
    ['a weight in words', withArm({ weight: '1' })],
    ['a weight below 0', withArm({ weight: -1 })],
    ['an arm whose name has a colon', withArm({ name: 'a:b' })],
    ['an arm whose name has a space', withArm({ name: 'a b' })],
    ['an experiment whose id has a space', withExperiment({ id: 'exp 1' })],
    ['a salt that is no text', withExperiment({ salt: { toString: 1 } })],
    ['a status that there is not', withExperiment({ status: 'paused' })],
    ['a range in words', withExperiment({ range: ['0', '1'] })],
    ['a range of three', withExperiment({ range: [0, 0.5, 1] })],
    ['traffic in percent', withExperiment({ traffic: 50 })],
    ['a design that there is not', withExperiment({ design: 'multileaved' })],
    ['a trigger that there is not', withExperiment({ trigger: 'always' })],
    [
      'three interleaved arms',
      withExperiment({
        design: 'interleaved',
        arms: ['a', 'b', 'c'].map((name) => ({ name, weight: 1 })),
      }),
    ],
    ['a temperature in words', withArm({ exploration: { ...exploration, temperature: '3' } })],
    ['no temperature', withArm({ exploration: { ...exploration, temperature: undefined } })],
    ['a pool of 100,000', withArm({ exploration: { ...exploration, poolSize: 100_000 } })],
    ['an epsilon of 2', withArm({ exploration: { ...exploration, epsilon: 2 } })],
    ['exploration that is nothing', withArm({ exploration: null })],
    ['a layer twice, so that its experiments are in two', { ...busy, layers: [layer, layer] }],
    ['a unit that there is not', { ...busy, layers: [{ ...layer, unit: 'household' }] }],
    ['a layer without a salt', { ...busy, layers: [{ ...layer, salt: undefined }] }],
    ['a layer without a name', { ...busy, layers: [{ ...layer, name: 7 }] }],
    ['layers that are no list', { ...busy, layers: { 0: layer } }],
    ['a shadow of nothing', { ...busy, shadow: { share: 1 } }],
    ['a shadow of all in percent', { ...busy, shadow: { version: 'v000012', share: 100 } }],
  ])('is none with %s', (_, pointer) => {
    expect(parsePointer(JSON.stringify(pointer))).toBeUndefined();
  });
});
