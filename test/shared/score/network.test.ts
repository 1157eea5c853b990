import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSchema } from '../../../shared/features/schema.ts';
import {
  MAX_NETWORK_UNITS,
  networkPoints,
  networkProblem,
  networkUnits,
  type Network,
} from '../../../shared/score/network.ts';
import { STRIDE } from '../../../shared/score/scorer.ts';
import { flatNetwork, randomNetwork } from '../../oracle/random-rerankers.ts';
import * as oracle from '../../oracle/reranker.ts';
import { codesFor, networkShapes, schemas } from '../support/arbitrary.ts';
import { fuzz, SEED } from '../support/seed.ts';

const FLOAT32_MAX = 3.4028234663852886e38;
const two = parseSchema({
  name: 'two',
  columns: [],
  features: ['a', 'b'].map((name) => ({ name, kind: 'constant' })),
});

/** One hidden value of 1, times `points`, plus `outputBias`. */
const giving = (points: number, outputBias = 0): Network => ({
  width: 1,
  embedding: new Float32Array(2 * STRIDE),
  embeddingBias: Float32Array.of(1),
  hidden: [],
  output: Float32Array.of(points),
  outputBias,
});

describe(`a flat network (seed ${SEED})`, () => {
  it('gives every item the points of nested loops over the same parameters, bit for bit', () => {
    const cases = schemas.chain((schema) =>
      fc.tuple(
        fc.constant(schema),
        networkShapes,
        fc.array(codesFor(schema), { minLength: 1, maxLength: 20 }),
      ),
    );
    fuzz(cases, ([schema, shape, items]) => {
      const plain = randomNetwork(schema, shape);
      const network = flatNetwork(plain);
      const F = schema.features.length;
      const codes = Uint8Array.from(items.flat());
      expect(networkProblem(network, F)).toBeUndefined();
      expect(items.map((_, i) => networkPoints(network, codes, i * F))).toEqual(
        items.map((own) => oracle.networkPoints(plain, own)),
      );
      items.forEach((own, i) => {
        expect(networkUnits(network, codes, i * F)).toBe(oracle.networkUnits(plain, own) + 0);
      });
    });
  });

  it.each([
    ['rounds to the nearest unit', giving(0.1), 6554],
    ['gives 0, and not −0, for a hair under 0', giving(-1e-6), 0],
    ['stays at 1,024 points however high it is', giving(1e30), MAX_NETWORK_UNITS],
    ['stays at −1,024 points however low it is', giving(-1e30), -MAX_NETWORK_UNITS],
    ['adds the output bias', giving(2, 0.5), 163_840],
  ])('%s', (_, network, units) => {
    expect(networkUnits(network, [0, 0])).toBe(units);
  });

  it.each([1, -1])('is finite even with every parameter the greatest float32, times %d', (sign) => {
    const largest = randomNetwork(two, { width: 64, hidden: 64, seed: 1, scale: 0 });
    const filled = flatNetwork(largest);
    for (const part of [
      filled.embedding,
      filled.embeddingBias,
      ...filled.hidden.flatMap(({ weights, bias }) => [weights, bias]),
    ])
      part.fill(FLOAT32_MAX);
    filled.output.fill(sign * FLOAT32_MAX);
    expect(networkProblem(filled, 2)).toBeUndefined();
    expect(networkUnits(filled, [1, 1])).toBe(sign * MAX_NETWORK_UNITS);
  });
});

describe('networkProblem', () => {
  const sound = flatNetwork(randomNetwork(two, { width: 3, hidden: 2, seed: 1 }));
  const [layer] = sound.hidden;

  it.each<[string, Partial<Network>, string]>([
    ['no width', { width: 0 }, 'width must be 1 to 256 for 2 features, but is 0'],
    ['a width that is no number', { width: Number.NaN }, 'but is NaN'],
    ['two hidden layers', { hidden: [layer, layer] }, 'at most 1 hidden layer, but this one has 2'],
    [
      'an embedding of another schema',
      { embedding: new Float32Array(9) },
      'embedding must have 1536 values, but has 9',
    ],
    [
      'a hidden layer of no size',
      { hidden: [{ ...layer, size: 0 }] },
      "hidden layer's size must be 1 to 256, but is 0",
    ],
    [
      'hidden weights that do not fit',
      { hidden: [{ ...layer, weights: new Float32Array(5) }] },
      'hidden weights must have 6 values, but has 5',
    ],
    [
      'an output of another layer',
      { output: new Float32Array(3) },
      'output must have 2 values, but has 3',
    ],
    [
      'a bias that is no number',
      { embeddingBias: Float32Array.of(0, Number.NaN, 0) },
      'embeddingBias[1] is NaN: train it again',
    ],
    [
      'an infinite embedding',
      { embedding: sound.embedding.with(700, Number.POSITIVE_INFINITY) },
      'embedding[700] is Infinity',
    ],
    [
      'an output bias that float32 cannot hold',
      { outputBias: 0.1 },
      'outputBias must be a finite float32, but is 0.1',
    ],
  ])('names %s', (_, change, message) => {
    expect(networkProblem({ ...sound, ...change }, 2)).toContain(message);
  });

  it('allows embeddings of at most 4 MiB', () => {
    const wide = { ...sound, width: 65 };
    expect(networkProblem(wide, 64)).toContain('width must be 1 to 64 for 64 features, but is 65');
  });
});
