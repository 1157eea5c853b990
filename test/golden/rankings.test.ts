import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { parseRankRequest } from '../../shared/domain/rank-request.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { parseSchema, type Schema } from '../../shared/features/schema.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { rankable } from '../../shared/score/rankable.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import { additiveFromPoints } from '../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../bench/support/trips.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'));

/** What the rules of the first default schema ranked; written once, before the schema grew. */
const golden = read('rankings-smarttrip-1.json') as {
  schemaHash: string;
  rankings: { request: object; ids: string[]; units: number[]; propensities: number[] }[];
};
const before = parseSchema(read('smarttrip-1.schema.json'));
/** The default schema before it read the time of day and age groups. */
const second = parseSchema(read('smarttrip-2.schema.json'));
const trips = makeTrips(2000, 27);

/** A visitor of whom all is known that personal and segment features read. */
const KNOWN = {
  consent: 'personalise',
  demographics: { ageGroup: '35-44' },
  context: { device: 'mobile', market: 'AT', visitor: 'returning', utcOffsetMinutes: 60 },
  recent: {
    items: trips.slice(0, 8).map(({ id }, i) => ({
      itemId: id,
      type: ['seen', 'saved', 'booked', 'skipped'][i % 4],
      agoHours: 30 * i,
    })),
    searches: [{ preferences: { themes: ['food'], continents: ['continent-1'] }, agoHours: 20 }],
  },
};

function ranked(schema: Schema, about: object = {}) {
  const rules = additiveFromPoints(schema, schema.rules, { version: RULES_VERSION, name: 'rules' });
  const table = rankable(packItems(schema.columns, trips));
  return golden.rankings.map(({ request }, seed) => {
    const { ids, units, propensities } = rankSlate(
      rules,
      table,
      parseRankRequest({ sessionId: 's', ...request, ...about }),
      { limit: 10, seed, nowMs: NOW_MS, exploration: rules.exploration },
    );
    return { request, ids, units, propensities };
  });
}

describe('v000000 of the default schema', () => {
  it('is asked what it was asked before', () => {
    expect(golden.rankings.map(({ request }) => request)).toEqual(makeVisits(24, 28));
    expect(before.hash).toBe(golden.schemaHash);
    expect(second.hash).toBe('4721e4f326846bcb');
    expect([golden.schemaHash, second.hash]).not.toContain(smarttrip.hash);
  });

  it.each<[string, Schema, object]>([
    ['by its first schema', before, {}],
    ['by its second', second, {}],
    ['by its second, for a visitor of whom much is known', second, KNOWN],
    ['by the one of now', smarttrip, {}],
    ['by the one of now, for a visitor of whom much is known', smarttrip, KNOWN],
  ])('ranks to the same items, points and propensities %s', (_, schema, about) => {
    expect(ranked(schema, about)).toEqual(golden.rankings);
  });
});
