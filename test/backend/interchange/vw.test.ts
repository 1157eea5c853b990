import { expect, test } from 'vitest';
import { readVw } from '../../../backend/interchange/read-vw.ts';
import { murmur3 } from '../../../shared/explore/murmur3.ts';
import { bucketCount, parseSchema } from '../../../shared/features/schema.ts';
import { SCHEMA } from './support/trained-rows.ts';

/**
 * No executable of Vowpal Wabbit can be had everywhere, so these models are written by hand as its documentation shows them ("Command line
 * arguments: output model", "Feature hashing and extraction").
 */
const header = (options = '', bits = 18) =>
  `Version 9.10.0\nId \nMin label:0\nMax label:1\nbits:${bits}\nlda:0\n0 ngram:\n0 skip:\noptions: ${options}\nChecksum: 1\n:0\n`;
const MASK = 2 ** 18 - 1;

test('the hashes are those of its tutorial', () => {
  // "|  price:.23 sqft:.25 age:.05" is 229902, 162853 and 165201 at 18 bits there, and the constant 116060.
  const schema = parseSchema({
    name: 'houses',
    columns: [],
    features: [
      { name: 'price', kind: 'constant' },
      { name: 'sqft', kind: 'constant' },
      { name: 'age', kind: 'constant' },
    ],
  });
  const text = `${header()}116060:0.25\n162853:2\n165201:3\n229902:1\n`;
  const { weights, constant } = readVw(text, schema, '{feature}');
  expect(Object.values(weights).map((values) => values[1])).toEqual([1, 2, 3]);
  expect(constant).toBe(0.25);
});

test('names in the clear, of a namespace, with what adaptive learners write behind them', () => {
  const index = (name: string) => murmur3(name, murmur3('f')) & MASK;
  const text = `${header('--link logistic')}f^party_2:${index('party_2')}:0.5 1.25 3\nf^country_0:${index('country_0')}:-1\nConstant:116060:0.1\n`;
  const read = readVw(text, SCHEMA, 'f^{feature}_{bucket}');
  expect(read).toMatchObject({ constant: 0.1, isCost: false, isLogistic: true });
  expect(read.weights.party).toEqual([0, 0, 0.5, 0, 0]);
  expect(read.weights.country[0]).toBe(-1);
});

test('names that are numbers are their number, unless all are hashed', () => {
  const [first] = SCHEMA.features;
  const weight = (options: string, index: number) =>
    readVw(`${header(options)}${index}:7\n`, SCHEMA, `{index}^{bucket}`).weights[first.name][2];
  expect(weight('', 2)).toBe(7);
  expect(weight('--hash all', murmur3('2', murmur3('0')) & MASK)).toBe(7);
});

test('a bandit learns costs; every bucket has its own weight', () => {
  const lines = SCHEMA.features.flatMap((spec, feature) =>
    Array.from(
      { length: bucketCount(spec) },
      (_, bucket) => `${murmur3(`${feature}_${bucket}`) & (2 ** 30 - 1)}:${feature + bucket / 8}`,
    ),
  );
  const read = readVw(
    `${header('--cb_explore_adf --cb_type mtr', 30)}${lines.join('\n')}\n`,
    SCHEMA,
    '{index}_{bucket}',
  );
  expect(read.isCost).toBe(true);
  SCHEMA.features.forEach((spec, feature) =>
    expect(read.weights[spec.name]).toEqual(
      Array.from({ length: bucketCount(spec) }, (_, bucket) => feature + bucket / 8),
    ),
  );
});

test.each([
  ['interactions', header('-q ff'), /trained with -q/],
  ['several scores', header('--oaa 3'), /trained with --oaa/],
  ['other estimates of costs', header('--cb_adf --cb_type dr'), /--cb_type dr: mtr is read/],
  ['a feature that is no bucket', `${header()}77:1\n`, /hash 77.*--names/],
  ['a line that is none', `${header()}77\n`, /is no weight/],
  ['another file', 'Version 9\n', /no readable model/],
])('refused: %s', (_, text, reason) => {
  expect(() => readVw(text, SCHEMA)).toThrow(reason);
});
