import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ITEM_SOURCES, type Decision } from '../../../shared/domain/decision.ts';
import { NO_SESSION, type Version } from '../../../shared/domain/ids.ts';
import { MAX_REVISION } from '../../../shared/domain/pointer.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { ByteReader, ByteWriter } from '../../../shared/format/bytes.ts';
import { decisionsFromBytes, decisionsToBytes } from '../../../shared/format/decision-bytes.ts';
import {
  ingestBatchFromBytes,
  ingestBatchToBytes,
  sealIngestBatch,
  type CollectedEvent,
} from '../../../shared/format/ingest-bytes.ts';
import { scorerFromBytes, scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import type { ItemId } from '../../../shared/domain/ids.ts';
import type { PackedIds } from '../../../shared/features/columns/packed-ids.ts';
import { listed } from '../../support/snapshots.ts';
import { snapshotFromBytes, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import { RAISE_STEP } from '../../../shared/score/raise.ts';
import { additiveFromPoints, pointsOf } from '../../../shared/score/scorer.ts';
import { itemLists, pointsFor, schemas, scorersFor } from '../support/arbitrary.ts';
import { fuzz, SEED } from '../support/seed.ts';

const id = <T extends string>() =>
  fc.string({
    minLength: 1,
    maxLength: 20,
    unit: fc.constantFrom('a', 'Z', '9', '-', '~', 'é', '食'),
  }) as unknown as fc.Arbitrary<T>;
const version = fc
  .nat({ max: 999_999_999 })
  .map((n) => `v${String(n).padStart(6, '0')}` as Version);
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const optional = <T>(key: string, value: fc.Arbitrary<T>) =>
  fc.option(value, { nil: undefined }).map((v) => (v === undefined ? {} : { [key]: v }));
const u16 = fc.nat({ max: 0xffff });
const u32 = fc.nat({ max: 0xffffffff });

/** Raises are read with their exploration, which is checked then. */
const exploration = fc.record({
  temperature: fc.double({ min: 0, max: 999_999, noNaN: true }),
  epsilon: fc.double({ min: 0, max: 1, noNaN: true }),
  poolSize: fc.integer({ min: 1, max: 1000 }),
});
const context = fc.record({
  placement: fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/),
  consent: fc.constantFrom('none', 'measure', 'personalise'),
});

const decisions: fc.Arbitrary<Decision> = fc
  .tuple(fc.nat({ max: 20 }), fc.integer({ min: 1, max: 64 }))
  .chain(([slots, features]) => {
    const each = <T>(value: fc.Arbitrary<T>) =>
      fc.array(value, { minLength: slots, maxLength: slots });
    const required = fc.record({
      rankingId: id<Decision['rankingId']>(),
      at: finite,
      sessionId: id<Decision['sessionId']>(),
      weights: version,
      delta: u32,
      schemaHash: fc.string({
        minLength: 16,
        maxLength: 16,
        unit: fc.constantFrom(...'0123456789abcdef'.split('')),
      }),
      snapshot: fc.string(),
      degraded: fc.boolean(),
      seed: u32,
      exploration,
      limit: u16,
      request: fc.string({ unit: 'grapheme' }),
      itemIds: each(id<Decision['itemIds'][number]>()),
      units: each(fc.integer()),
      propensities: each(finite),
      codes: fc.uint8Array({ minLength: slots * features, maxLength: slots * features }),
    });
    return fc
      .tuple(
        required,
        optional('userId', id()),
        optional('arm', fc.string({ minLength: 1 })),
        optional('teams', fc.uint8Array({ minLength: slots, maxLength: slots, max: 1 })),
        optional('context', context),
        optional('pointerRevision', fc.integer({ min: 1, max: MAX_REVISION })),
        optional('itemSource', fc.constantFrom(...ITEM_SOURCES)),
        optional('raises', each(fc.nat({ max: 0xffff }).map((steps) => steps * RAISE_STEP))),
        optional('siteOrder', fc.constant(true)),
        optional('shadow', fc.record({ version, itemIds: fc.array(id(), { maxLength: 20 }) })),
      )
      .map((parts) => Object.assign({}, ...parts) as Decision)
      .map((one) => (one.context?.consent === 'none' ? { ...one, sessionId: NO_SESSION } : one));
  });

const events: fc.Arbitrary<CollectedEvent> = fc
  .tuple(
    fc.record({
      eventId: id<CollectedEvent['eventId']>(),
      type: fc.constantFrom('click', 'booking', 'scroll_depth'),
      rankingId: id<CollectedEvent['rankingId']>(),
      timestamp: fc.maxSafeNat(),
      sessionId: id<CollectedEvent['sessionId']>(),
      weights: version,
      receivedAt: fc.maxSafeNat(),
    }),
    optional('itemId', id()),
    optional('placement', fc.constantFrom('main', 'home')),
    optional(
      'properties',
      fc.dictionary(
        fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
        fc.oneof(fc.string(), fc.boolean(), fc.integer()),
      ),
    ),
  )
  .map((parts) => JSON.parse(JSON.stringify(Object.assign({}, ...parts))) as CollectedEvent);

describe(`reading what was written gives the same (seed ${SEED})`, () => {
  it('a scorer of any schema and weights', () => {
    fuzz(
      schemas.chain((schema) => fc.tuple(fc.constant(schema), pointsFor(schema), version)),
      ([schema, points, own]) => {
        const scorer = additiveFromPoints(schema, points, { version: own, name: 'fuzz' });
        const read = scorerFromBytes(scorerToBytes(scorer));
        expect(read).toEqual(scorer);
        expect(additiveFromPoints(schema, pointsOf(read), { version: own, name: 'fuzz' })).toEqual(
          scorer,
        );
      },
    );
  });

  it('a scorer of any kind', () => {
    fuzz(
      schemas.chain((schema) => scorersFor(schema)),
      (scorer) => {
        expect(scorerFromBytes(scorerToBytes(scorer))).toEqual(scorer);
      },
    );
  });

  it('a snapshot of any schema and items', () => {
    fuzz(fc.tuple(schemas, itemLists), ([schema, items]) => {
      const table = packItems(schema.columns, items);
      const read = snapshotFromBytes(snapshotToBytes(schema, table));
      expect(listed(read)).toEqual({ schemaHash: schema.hash, table });
      const { ids } = read.table as unknown as { ids: PackedIds };
      table.ids.forEach((own, row) => expect(ids.get(own)).toBe(row));
      expect(ids.has(`${table.ids[0]}-`)).toBe(table.ids.includes(`${table.ids[0]}-` as ItemId));
    });
  });

  it('a batch of decisions', () => {
    fuzz(fc.array(decisions, { maxLength: 5 }), (batch) => {
      expect(decisionsFromBytes(decisionsToBytes(batch))).toEqual(batch);
    });
  });

  it('an ingest batch, also when sealed from parts', () => {
    const batches = fc.record(
      {
        batchId: fc.string(),
        decisions: fc.array(decisions, { maxLength: 4 }),
        events: fc.array(events, { maxLength: 5 }),
        lost: fc.integer({ min: 1, max: 0xffffffff }),
      },
      { requiredKeys: ['batchId', 'decisions', 'events'] },
    );
    fuzz(batches, (batch) => {
      expect(ingestBatchFromBytes(ingestBatchToBytes(batch))).toEqual(batch);
      const parts = batch.decisions.map((decision) => decisionsToBytes([decision]));
      const { batchId, events: sent, lost } = batch;
      const sealed = sealIngestBatch(batchId, parts, JSON.stringify(sent), lost);
      expect(ingestBatchFromBytes(sealed)).toEqual(batch);
    });
  });

  it('the plain values under them all', () => {
    const values = fc.record({
      u8: fc.nat(255),
      u16,
      u32,
      i32: fc.integer(),
      f64: fc.double(),
      f32s: fc.float32Array({ maxLength: 700 }),
      text: fc.string({ unit: 'grapheme' }),
      block: fc.uint8Array({ maxLength: 3000 }),
    });
    fuzz(values, (value) => {
      const bytes = new ByteWriter()
        .u8(value.u8)
        .u16(value.u16)
        .u32(value.u32)
        .i32(value.i32)
        .f64(value.f64)
        .f32s(value.f32s)
        .text(value.text)
        .block(value.block)
        .finish();
      const from = new ByteReader(bytes);
      expect({
        u8: from.u8(),
        u16: from.u16(),
        u32: from.u32(),
        i32: from.i32(),
        f64: from.f64(),
        f32s: from.f32s(value.f32s.length),
        text: from.text(),
        block: from.block(),
      }).toEqual(value);
      expect(() => from.end()).not.toThrow();
    });
  });
});

describe('ByteReader says where bytes end', () => {
  it.each<[string, (from: ByteReader) => unknown, string]>([
    ['a value cut short', (from) => from.f64(), 'cut short: 8 bytes wanted at byte 0 of 3'],
    [
      'a count that cannot fit',
      (from) => {
        from.raw(3);
        return new ByteReader(Uint8Array.of(255, 255, 255, 255, 0)).count(4);
      },
      '4294967295 entries cannot fit in the 1 bytes left at byte 4',
    ],
    [
      'text that is not UTF-8',
      () => new ByteReader(Uint8Array.of(1, 0, 0, 0, 0xff)).text(),
      'text ending at byte 5 is not UTF-8',
    ],
    [
      'bytes left over',
      (from) => {
        from.u8();
        from.end();
      },
      '2 bytes too many at byte 1',
    ],
  ])('%s', (_, read, message) => {
    expect(() => read(new ByteReader(Uint8Array.of(1, 2, 3)))).toThrow(message);
  });
});
