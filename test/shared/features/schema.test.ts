import { describe, expect, it } from 'vitest';
import { codesOf, encodeRequest, indexRows } from '../../../shared/features/encode.ts';
import { parseItem } from '../../../shared/domain/item.ts';
import { parseRankRequest } from '../../../shared/domain/rank-request.ts';
import { ApiError } from '../../../shared/domain/errors.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import {
  bucketCount,
  bucketLabels,
  featureIndex,
  parseSchema,
  parseStoredSchema,
} from '../../../shared/features/schema.ts';
import definition from '../../../shared/features/smarttrip.json' with { type: 'json' };
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { accidents } from '../support/accidents.ts';
import { everyReplacement } from '../support/mutate-json.ts';

const hashOf = (value: unknown) => parseSchema(value).hash;
const minimal = {
  name: 'small',
  columns: [
    { name: 'word', type: 'category' },
    { name: 'number', type: 'number' },
    { name: 'place', type: 'path', from: ['continent', 'country'] },
  ],
  features: [
    { name: 'base', kind: 'constant' },
    { name: 'word', kind: 'category', column: 'word', values: ['a'] },
  ],
};
const withFeature = (feature: object) => ({
  ...minimal,
  features: [...minimal.features, { name: 'new', ...feature }],
});

describe('the hash of a schema', () => {
  const turned = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turned);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([key, part]) => [key, turned(part)]),
    );
  };

  it('is 16 hex digits', () => expect(hashOf(definition)).toMatch(/^[0-9a-f]{16}$/));

  it.each<[string, object]>([
    ['the order of keys', turned(definition) as object],
    ['rules', { ...definition, rules: { base: [0, 1] } }],
    ['constraints', { ...definition, constraints: [] }],
    ['training settings', { ...definition, training: { l2: 9, boosting: { features: 0.4 } } }],
    ['exploration', { ...definition, exploration: { temperature: 9 } }],
    ['a hash and sizes written by hand', { ...definition, hash: 'f'.repeat(16) }],
  ])('does not depend on %s', (_, changed) => expect(hashOf(changed)).toBe(hashOf(definition)));

  it.each<[string, object]>([
    ['the name', { ...definition, name: 'other' }],
    ['a column', { ...definition, columns: [...definition.columns, { name: 'x', type: 'set' }] }],
    [
      'the order of features',
      {
        ...definition,
        features: [definition.features[1], definition.features[0], ...definition.features.slice(2)],
      },
    ],
    [
      'a feature setting',
      {
        ...definition,
        features: definition.features.map((spec) =>
          spec.name === 'departing' ? { ...spec, days: [31] } : spec,
        ),
      },
    ],
    ['a filter', { ...definition, filters: definition.filters.slice(1) }],
  ])('depends on %s', (_, changed) => expect(hashOf(changed)).not.toBe(hashOf(definition)));

  it('is the same after the schema itself is written as JSON and read again', () => {
    const schema = parseSchema(withFeature({ kind: 'cross', of: ['word', 'base'] }));
    expect(parseSchema(JSON.parse(JSON.stringify(schema)))).toEqual(schema);
  });
});

describe('canonically equal texts match', () => {
  const nfd = 'Espan\u0303a';
  const word = { name: 'word', type: 'category' };
  const schemaWith = (value: string) => ({
    name: 'words',
    columns: [word, { name: 'place', type: 'path', from: ['country'] }],
    features: [
      { name: 'word', kind: 'category', column: 'word', values: [value] },
      { name: 'place', kind: 'hierarchy', column: 'place', preferences: ['countries'] },
    ],
    filters: [{ column: 'word', exclude: [value] }],
  });
  const forms = [nfd, nfd.normalize('NFC')];
  const pairs = forms.flatMap((a) => forms.flatMap((b) => forms.map((c) => [a, b, c] as const)));

  it('gives schemas in both forms one hash', () =>
    expect(hashOf(schemaWith(nfd))).toBe(hashOf(schemaWith(nfd.normalize('NFC')))));

  it.each(pairs)('schema %j, item %j, wish %j', (inSchema, inItem, wished) => {
    // A stored schema keeps the form that it was written in.
    for (const parse of [parseSchema, parseStoredSchema]) {
      const schema = parse(schemaWith(inSchema));
      const item = parseItem({ id: 'a', word: inItem, country: inItem });
      const { preferences } = parseRankRequest({
        sessionId: 's',
        preferences: { countries: [wished] },
      });
      const table = packItems(schema.columns, [item]);
      const visit = { preferences, context: {}, recent: [] };
      const encoded = encodeRequest(schema, table, indexRows(table), visit, 0);
      expect([...codesOf(encoded, [0])]).toEqual([1, 1]);
    }
  });

  it('leaves nothing of a filtered word', () => {
    const schema = parseSchema(schemaWith(nfd));
    const scorer = additiveFromPoints(schema, {}, { version: RULES_VERSION, name: 'x' });
    const table = rankable(packItems(schema.columns, [parseItem({ id: 'a', word: forms[1] })]));
    const request = parseRankRequest({ sessionId: 's' });
    const options = { nowMs: 0, seed: 1, limit: 5, exploration: schema.exploration };
    expect(rankSlate(scorer, table, request, options).ids).toEqual([]);
  });
});

describe('a malformed schema is refused, naming the entry and the remedy', () => {
  it.each<[unknown, string]>([
    [{ ...definition, rule: {} }, 'there is no field "rule": did you mean "rules"?'],
    [
      {
        ...definition,
        columns: [...definition.columns, { name: 'x', type: 'path', froms: ['a'] }],
      },
      'did you mean "from"?',
    ],
    [
      {
        ...definition,
        features: [...definition.features, { name: 'x', kind: 'constant', valuez: ['y'] }],
      },
      'did you mean "values"?',
    ],
    [
      { ...definition, constraints: [{ feature: 'base', monoton: 'increasing' }] },
      'did you mean "monotone"?',
    ],
    [{ ...definition, exploration: { epsilonn: 0.1 } }, 'did you mean "epsilon"?'],
    [{ ...definition, training: { objectiv: 'listwise' } }, 'did you mean "objective"?'],
    [{ ...definition, training: { l2: '1' } }, 'training.l2 must be 0 or more, but was "1"'],
    [null, 'schema: must be a JSON object'],
    [{ ...minimal, name: 'No Spaces' }, 'name must be lower-case letters, digits and dashes'],
    [{ ...minimal, columns: undefined }, 'columns must be a list'],
    [{ ...minimal, columns: [5] }, 'columns must hold objects'],
    [{ ...minimal, columns: [{ type: 'set' }] }, 'every entry of columns needs a name'],
    [{ ...minimal, columns: [...minimal.columns, minimal.columns[0]] }, 'columns has "word" twice'],
    [
      { ...minimal, columns: [{ name: 'a', type: 'text' }] },
      'column a: type must be category, set, number, date, path or embedding',
    ],
    [
      { ...minimal, columns: [{ name: 'a', type: 'path', from: 'b' }] },
      'column a: from must list the attributes of the path',
    ],
    [{ ...minimal, features: [] }, 'must have 1 to 64 features, but had 0'],
    [
      {
        ...minimal,
        features: Array.from({ length: 65 }, (_, i) => ({ name: `f${i}`, kind: 'constant' })),
      },
      'must have 1 to 64 features, but had 65',
    ],
    [
      { ...minimal, features: [...minimal.features, minimal.features[0]] },
      'features has "base" twice',
    ],
    [
      withFeature({ kind: 'magic' }),
      'feature new: there is no kind "magic", but category, constant, context,',
    ],
    [withFeature({ kind: 'toString' }), 'feature new: there is no kind "toString"'],
    [
      withFeature({ kind: 'category', column: 'colour', values: [] }),
      'feature new (category): there is no column "colour"',
    ],
    [
      withFeature({ kind: 'category', column: 'number', values: [] }),
      'column "number" must be of type category or path, but is number',
    ],
    [withFeature({ kind: 'category', column: 'word' }), 'values must be a list of texts'],
    [
      withFeature({
        kind: 'category',
        column: 'word',
        values: Array.from({ length: 255 }, (_, i) => `v${i}`),
      }),
      'feature new has 257 buckets with the missing one; 2 to 256 fit',
    ],
    [withFeature({ kind: 'context', values: [] }), 'key must name an entry of the request context'],
    [withFeature({ kind: 'context', key: 'k' }), 'needs either values or edges'],
    [withFeature({ kind: 'context', key: 'k', values: 'ab' }), 'values must be a list of texts'],
    [
      withFeature({ kind: 'quantile', column: 'number', edges: [2, 1] }),
      'edges must be finite numbers in rising order',
    ],
    [
      withFeature({ kind: 'quantile', column: 'number', edges: [] }),
      'edges must be finite numbers in rising order',
    ],
    [
      withFeature({ kind: 'date-soon', column: 'number', days: [1] }),
      'column "number" must be of type date, but is number',
    ],
    [
      withFeature({ kind: 'set-overlap', column: 'word', preference: 'p', most: 0 }),
      'most must be a whole number from 1',
    ],
    [
      withFeature({ kind: 'ordinal-distance', column: 'word', preference: 'p', most: 1 }),
      'column "word" must be of type number, but is category',
    ],
    [
      withFeature({
        kind: 'ordinal-distance',
        column: 'word',
        preference: 'p',
        most: 1,
        levels: 'SML',
      }),
      'levels must be a list of texts',
    ],
    [
      withFeature({ kind: 'hierarchy', column: 'place', preferences: ['countries'] }),
      'preferences must list 2 names, one per level of the path',
    ],
    [
      withFeature({ kind: 'recent', measure: 'mood' }),
      'measure must be recency, type, kinds, count or age',
    ],
    [withFeature({ kind: 'recent', measure: 'recency' }), 'most must be a whole number from 1'],
    [
      withFeature({ kind: 'recent', measure: 'type', types: [], only: 'view' }),
      'only must be a list of texts',
    ],
    [
      withFeature({ kind: 'recent', measure: 'kinds', types: 'abcdefgh'.split('') }),
      'feature new has 258 buckets',
    ],
    [
      withFeature({ kind: 'slate-rank', most: 3, among: 'above' }),
      'among may be "above" with a column or "untouched" without one',
    ],
    [
      withFeature({ kind: 'slate-rank', most: 3, column: 'number', order: 'up' }),
      'order must be ascending or descending',
    ],
    [
      withFeature({ kind: 'slate-ratio', column: 'number', to: 'best', edges: [1] }),
      'to must be one of median',
    ],
    [withFeature({ kind: 'cross', of: ['base'] }), 'of must name two earlier features'],
    [
      withFeature({ kind: 'cross', of: ['base', 'later'] }),
      'there is no feature "later" before this one',
    ],
    [
      withFeature({ kind: 'cross', of: ['new', 'base'] }),
      'there is no feature "new" before this one',
    ],
    [
      { ...minimal, filters: [{ column: 'number', exclude: ['1'] }] },
      'a filter must be {column: a category, exclude: [texts]} or {column: a date, before: "now"}',
    ],
    [{ ...minimal, filters: [{ column: 'word', exclude: 'a' }] }, 'a filter must be'],
    [
      { ...minimal, filters: Array.from({ length: 8 }, () => ({ column: 'word', exclude: [] })) },
      'may have 7 filters, but had 8',
    ],
    [{ ...minimal, constraints: [{ feature: 'colour', min: 0 }] }, 'small has no feature "colour"'],
    [
      { ...minimal, constraints: [{ feature: 'base', monotone: 'up' }] },
      'the constraint of base may have min and max (points) and monotone',
    ],
    [{ ...minimal, rules: 'none' }, 'rules must be an object of feature → points by bucket'],
    [{ ...minimal, rules: { colour: [1] } }, 'small has no feature "colour"'],
    [{ ...minimal, rules: { base: [0, 1, 2] } }, 'rules.base must be a list of at most 2 numbers'],
    [{ ...minimal, rules: { base: [0, null] } }, 'rules.base must be a list of at most 2 numbers'],
    [
      { ...minimal, exploration: { temperature: -1 } },
      'exploration.temperature must be 0 or more, but was -1',
    ],
    [{ ...minimal, exploration: { epsilon: 2 } }, 'exploration.epsilon must be 0 to 1, but was 2'],
    [
      { ...minimal, exploration: { poolSize: 0.5 } },
      'exploration.poolSize must be 1 to 1000, but was 0.5',
    ],
    [
      { ...minimal, exploration: { optimism: 11 } },
      'exploration.optimism must be 0 to 10, but was 11',
    ],
    [
      { ...minimal, exploration: { maxLoss: 0 } },
      'exploration.maxLoss must be points above 0, but was 0',
    ],
    [
      { ...minimal, exploration: { fromSlot: 1.5 } },
      'exploration.fromSlot must be 1 to 1000, but was 1.5',
    ],
    [
      { ...minimal, exploration: { prior: 101 } },
      'exploration.prior must be points above 0 and at most 100, but was 101',
    ],
    [
      { ...minimal, exploration: { raisedFeatures: 0 } },
      'exploration.raisedFeatures must be 1 to 64, but was 0',
    ],
    [{ ...minimal, exploration: { optimsm: 1 } }, 'did you mean "optimism"?'],
    [
      { ...minimal, training: { objective: 'guess' } },
      'training.objective must be listwise or pointwise',
    ],
    [{ ...minimal, training: { l2: -1 } }, 'training.l2 must be 0 or more, but was -1'],
    [
      { ...minimal, training: { position: 'first' } },
      'training.position must be one of feature, propensity, given',
    ],
    [
      { ...minimal, training: { position: 'propensity', objective: 'pointwise' } },
      'propensity needs the listwise objective',
    ],
    ...[
      { features: 0 },
      { features: 1.01 },
      { slates: -0.5 },
      { slates: '0.5' },
      { leaves: 1 },
      { leaves: 65 },
      { leaves: 7.5 },
      { rows: 0.5 },
      null,
    ].map((boosting): [object, string] => [
      { ...minimal, training: { boosting } },
      'training.boosting may have features and slates (shares above 0 and up to 1) and leaves (2 to 64)',
    ]),
    [
      { ...minimal, training: { reward: { click: 'much' } } },
      'training.reward must give a number per event type',
    ],
  ])('%j', (value, message) => {
    const refused = () => parseSchema(value);
    expect(refused).toThrow(ApiError);
    expect(refused).toThrow(message);
  });

  it('or can be ranked with, whatever part of it is replaced', () => {
    let ranked = 0;
    const rankWith = (changed: unknown) => {
      const schema = parseSchema(changed);
      const about = { version: RULES_VERSION, name: 'changed' };
      const table = rankable(packItems(schema.columns, []));
      const visit = { preferences: { themes: ['food'] }, context: {}, recent: [] };
      const { exploration } = schema;
      rankSlate(additiveFromPoints(schema, schema.rules, about), table, visit, {
        limit: 1,
        seed: 1,
        nowMs: 1,
        exploration,
      });
      ranked++;
    };
    expect(accidents(everyReplacement(definition), rankWith)).toEqual([]);
    expect(ranked).toBeGreaterThan(100);
  });
});

describe('a schema', () => {
  it('has defaults for what its file leaves out', () => {
    const { filters, constraints, rules, exploration, training } = parseSchema(minimal);
    expect({ filters, constraints, rules }).toEqual({ filters: [], constraints: [], rules: {} });
    expect(exploration).toEqual({ temperature: 0, epsilon: 0, poolSize: 50 });
    expect(training).toEqual({
      objective: 'listwise',
      l2: 1,
      position: 'feature',
      reward: { click: 1 },
    });
  });

  it('counts the buckets of a cross from its parts, and of a cross of crosses', () => {
    const schema = parseSchema({
      ...minimal,
      features: [
        ...minimal.features,
        { name: 'device', kind: 'context', key: 'device', values: ['a', 'b'] },
        { name: 'both', kind: 'cross', of: ['word', 'device'] },
        { name: 'more', kind: 'cross', of: ['both', 'word'] },
      ],
    });
    expect(schema.features.slice(1).map(bucketCount)).toEqual([3, 4, 7, 13]);
  });

  it('names its features by their place', () => {
    expect(featureIndex(parseSchema(minimal), 'word')).toBe(1);
  });

  it('says what each bucket means', () => {
    const schema = parseSchema(definition);
    const meanings = schema.features.map((spec) => bucketLabels(schema, spec));
    expect(meanings[4]).toEqual([
      'missing',
      'within budget',
      'over by up to 10 %',
      'over by 10 to 20 %',
      'over by more than 20 %',
    ]);
    for (const labels of meanings) expect(new Set(labels).size).toBe(labels.length);
  });
});
