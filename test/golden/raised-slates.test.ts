import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ExplorationSpec } from '../../shared/domain/exploration.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { parseSchema } from '../../shared/features/schema.ts';
import { posteriorOf } from '../../shared/score/posterior.ts';
import { rankable } from '../../shared/score/rankable.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import { additiveFromPoints } from '../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../bench/support/trips.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'));

interface RaisedSlate {
  readonly seed: number;
  readonly ids: string[];
  readonly raises: number[];
  readonly propensities: number[];
}

/** What versions raised that do not say in how many features; written once, before any could say it. */
const golden = read('raised-slates-1.json') as {
  exploration: ExplorationSpec;
  slates: RaisedSlate[];
}[];
const schema = parseSchema(read('smarttrip-1.schema.json'));
const table = rankable(packItems(schema.columns, makeTrips(1000, 29)));
const visits = makeVisits(60, 30);

function raisedSlates(exploration: ExplorationSpec): RaisedSlate[] {
  const scorer = additiveFromPoints(schema, schema.rules, {
    version: RULES_VERSION,
    name: 'rules',
    exploration,
    posterior: posteriorOf(schema, (feature, bucket) => (7 * feature + 3 * bucket) % 9),
  });
  return visits.flatMap((visit, seed) => {
    const options = { limit: 6, seed, nowMs: NOW_MS, exploration };
    const { ids, raises, propensities } = rankSlate(scorer, table, visit, options);
    return raises === undefined
      ? []
      : { seed, ids: [...ids], raises: [...raises], propensities: [...propensities] };
  });
}

it.each(golden)('a version from before draws the same raised slates: $exploration', (before) => {
  expect(before.slates.length).toBeGreaterThan(5);
  expect(raisedSlates(before.exploration)).toEqual(before.slates);
});
