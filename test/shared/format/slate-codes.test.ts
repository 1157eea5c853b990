import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { MAX_FEATURES } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { ByteReader, ByteWriter, FormatError } from '../../../shared/format/bytes.ts';
import { decisionsToBytes } from '../../../shared/format/decision-bytes.ts';
import { readSlateCodes, writeSlateCodes } from '../../../shared/format/slate-codes.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { makeTrips, makeVisits, NOW_MS } from '../../bench/support/trips.ts';
import { raisedDecisions } from '../../golden/artifacts.ts';
import { tripWishes } from '../../world/trip-wishes.ts';
import { fuzz, SEED } from '../support/seed.ts';

const bytesOf = (codes: Uint8Array, slots: number) => {
  const out = new ByteWriter();
  writeSlateCodes(out, codes, slots);
  return out.finish();
};

describe(`the codes of a slate (seed ${SEED})`, () => {
  it('are read as they were written, however many differ', () => {
    const slates = fc
      .tuple(fc.nat({ max: 300 }), fc.nat({ max: MAX_FEATURES }), fc.nat({ max: 255 }))
      .chain(([slots, features, max]) =>
        fc.record({
          slots: fc.constant(slots),
          codes: fc.uint8Array({ minLength: slots * features, maxLength: slots * features, max }),
        }),
      );
    fuzz(slates, ({ slots, codes }) => {
      const from = new ByteReader(bytesOf(codes, slots));
      expect(readSlateCodes(from, slots)).toEqual(codes);
      from.end();
    });
  });

  it.each([
    ['features of no items', [2, 3, 0, 0], 0],
    ['a pattern that was not said', [1, 0, 1, 1, 2, 0, 1], 2],
    ['a pattern of more codes than it has', [1, 0, 0, 2, 0b111001, 1, 2, 3], 3],
    ['too few bytes', [1, 1], 4],
  ])('are refused with %s', (_, bytes, slots) => {
    expect(() => readSlateCodes(new ByteReader(Uint8Array.from(bytes)), slots)).toThrow(
      FormatError,
    );
  });

  it('of the default schema, all of its context said and no history, make a decision at most 10 % larger than those of its first 8 features, uncompressed', () => {
    const items = makeTrips(800, 3);
    const table = rankable(packItems(smarttrip.columns, items));
    const scorer = additiveFromPoints(smarttrip, smarttrip.rules, {
      version: raisedDecisions[0].weights,
      name: 'rules',
    });
    const limit = 10;
    let [bytes, before] = [0, 0];
    const context = { device: 'mobile', market: 'DE', visitor: 'new' };
    for (const [seed, asked] of makeVisits(200, 4).entries()) {
      const visit = { ...asked, context };
      const slate = rankSlate(scorer, table, visit, {
        limit,
        seed,
        nowMs: NOW_MS,
        exploration: smarttrip.exploration,
      });
      const decision: Decision = {
        ...raisedDecisions[0],
        exploration: smarttrip.exploration,
        raises: undefined,
        request: JSON.stringify(visit),
        limit,
        itemIds: slate.ids,
        units: slate.units,
        propensities: slate.propensities,
        codes: slate.codes,
      };
      const own = decisionsToBytes([decision]).length;
      bytes += own;
      before += own - bytesOf(slate.codes, limit).length + 4 + limit * tripWishes.features.length;
    }
    expect(bytes / before).toBeLessThan(1.1);
  });
});
