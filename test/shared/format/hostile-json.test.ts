import { describe, expect, it } from 'vitest';
import type { ByteReader } from '../../../shared/format/bytes.ts';
import { ByteWriter, FormatError } from '../../../shared/format/bytes.ts';
import { decisionsFromBytes, decisionsToBytes } from '../../../shared/format/decision-bytes.ts';
import { openFrame, sealFrame } from '../../../shared/format/frame.ts';
import { ingestBatchFromBytes, sealIngestBatch } from '../../../shared/format/ingest-bytes.ts';
import { scorerFromBytes, scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { snapshotToBytesOfFormat1 } from '../../support/snapshots.ts';
import { snapshotFromBytes, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import {
  decisions,
  experimentDecisions,
  forest,
  mlp,
  placedDecisions,
  revisedDecisions,
  scorer,
  snapshot,
  withPosterior,
} from '../../golden/artifacts.ts';
import { flatTrees, randomForest } from '../../oracle/random-rerankers.ts';
import { accidents } from '../support/accidents.ts';
import { everyReplacement } from '../support/mutate-json.ts';

const visit = {
  preferences: { themes: ['food'], budget: 900, continents: ['Asia'] },
  context: {},
  recent: [],
};
const options = { limit: 5, seed: 1, nowMs: 1, exploration: scorer.exploration };

/** The checksum is right and the JSON is not: a clear error, or a value that can be used. */
describe('JSON inside artifacts, each part replaced by something else', () => {
  it.each([scorer, withPosterior, forest, mlp])('the header of a scorer of kind $kind', (whole) => {
    const { format, payload } = openFrame('TTSC', 2, scorerToBytes(whole));
    const header: unknown = JSON.parse(payload.text());
    const weights = payload.raw(payload.left);
    const use = (changed: unknown) => {
      const bytes = new ByteWriter().text(JSON.stringify(changed)).raw(weights).finish();
      const frame = sealFrame('TTSC', format, scorer.schema.hash, bytes);
      const decoded = scorerFromBytes(frame);
      rankSlate(decoded, rankable(packItems(decoded.schema.columns, [])), visit, options);
    };
    expect(accidents(everyReplacement(header), use)).toEqual([]);
  });

  it('the header of a snapshot', () => {
    const { header, arrays } = headerAndArrays();
    const use = (changed: unknown) => {
      const { table, blocks } = snapshotFromBytes(withHeader(changed, arrays));
      const names = table.columns.map(({ spec }) => spec.name).join();
      const fits = names === snapshot.table.columns.map(({ spec }) => spec.name).join();
      if (fits) rankSlate(scorer, rankable(table, blocks), visit, options);
    };
    expect(accidents(everyReplacement(header), use)).toEqual([]);
  });

  it('the ids, column specs and dictionaries of a snapshot of format 1', () => {
    const parts = snapshotParts();
    const changes = parts.flatMap((part, at) =>
      part instanceof Uint8Array
        ? []
        : [...everyReplacement(part)].map((changed) => ({ at, changed })),
    );
    const use = ({ at, changed }: { at: number; changed: unknown }) => {
      const { table } = snapshotFromBytes(assemble(parts.with(at, changed)));
      const names = table.columns.map(({ spec }) => spec.name).join();
      const fits = names === snapshot.table.columns.map(({ spec }) => spec.name).join();
      if (fits) rankSlate(scorer, rankable(table), visit, options);
    };
    expect(accidents(changes, use)).toEqual([]);
  });

  it.each(['5', 'null', '{}', '[5]', '[null]', '[[]]', '[', ''])(
    'the events of an ingest batch: %s',
    (events) => {
      const bytes = sealIngestBatch('b', [], events);
      expect(() => ingestBatchFromBytes(bytes)).toThrow(FormatError);
    },
  );
});

describe('a posterior in a scorer', () => {
  const resealed = (posterior: unknown) => {
    const { payload } = openFrame('TTSC', 2, scorerToBytes(withPosterior));
    const header = { ...(JSON.parse(payload.text()) as object), posterior };
    const rest = payload.raw(payload.left);
    const bytes = new ByteWriter().text(JSON.stringify(header)).raw(rest).finish();
    return sealFrame('TTSC', 1, scorer.schema.hash, bytes);
  };

  it.each([[5], [null], ['AAAA'], ['*'.repeat(80)], [{}]])('is refused as %o', (posterior) => {
    expect(() => scorerFromBytes(resealed(posterior))).toThrow(
      'the posterior must be base64url of 2 bytes for each of 31 buckets',
    );
  });

  it('may be absent', () => {
    const { posterior: _, ...without } = withPosterior;
    expect(scorerFromBytes(resealed(undefined))).toEqual(without);
  });
});

describe('a scorer', () => {
  const reseal = (format: number, bytes: Uint8Array) =>
    sealFrame('TTSC', format, scorer.schema.hash, bytes.slice(14, -8));

  it.each([
    [2, scorer, 'format 2 has no scorer of kind "additive"'],
    [1, forest, 'format 1 has no scorer of kind "forest"'],
    [1, mlp, 'format 1 has no scorer of kind "mlp"'],
  ])('of format %d is refused with a kind of another', (format, whole, message) => {
    expect(() => scorerFromBytes(reseal(format, scorerToBytes(whole)))).toThrow(message);
  });

  /** The forest's bytes end with trees of 16, 25 and 7 bytes. */
  const [third, second] = [7, 7 + 25];
  it.each<[string, number, number, string]>([
    [
      'a child that is the root',
      second - 4,
      0,
      'a tree node has the root of its tree as its child',
    ],
    ['a child past its tree', second - 4, 4, 'tree 1, node 0 of 5 has the left child 4'],
    [
      'a feature that the schema lacks',
      second - 2,
      7,
      'tree 1, node 0 asks feature 7, but the schema has 7',
    ],
    ['a tree without nodes', third, 0, '5 bytes too many'],
    ['more nodes than bytes', third, 200, 'cut short: 1 bytes wanted'],
    ['trees that cannot fit', second + 16 + 4, 255, '255 entries cannot fit in the 48 bytes left'],
  ])('is refused with %s', (_, fromEnd, value, message) => {
    const payload = scorerToBytes(forest).slice(14, -8);
    payload[payload.length - fromEnd] = value;
    const bytes = sealFrame('TTSC', 2, scorer.schema.hash, payload);
    expect(() => scorerFromBytes(bytes)).toThrow(FormatError);
    expect(() => scorerFromBytes(bytes)).toThrow(message);
  });

  it('is refused with a network parameter that is no finite number', () => {
    const payload = scorerToBytes(mlp).slice(14, -8);
    new DataView(payload.buffer).setFloat32(payload.length - 8, Number.NaN, true);
    const bytes = sealFrame('TTSC', 2, scorer.schema.hash, payload);
    expect(() => scorerFromBytes(bytes)).toThrow("the network's output[2] is NaN: train it again");
  });

  it('is neither written nor read when a Durable Object could not keep it twice', () => {
    const large = randomForest(forest.schema, { trees: 250, leaves: 500, seed: 1 });
    const message = /a scorer may take 983040 bytes, but this one takes 11\d{5}: train fewer/;
    expect(() => scorerToBytes({ ...forest, trees: flatTrees(large) })).toThrow(message);
    const bytes = sealFrame('TTSC', 2, scorer.schema.hash, new Uint8Array(1_120_000));
    expect(() => scorerFromBytes(bytes)).toThrow(message);
  });

  it('of 500 trees of 31 leaves takes 4.5 bytes a node', () => {
    const trees = flatTrees(randomForest(forest.schema, { trees: 500, leaves: 31, seed: 1 }));
    const without = scorerToBytes(forest).length;
    const perNode = (scorerToBytes({ ...forest, trees }).length - without) / trees.left.length;
    expect(perNode).toBeCloseTo(4.54, 2);
  });
});

describe('a snapshot', () => {
  it('is refused with a code beyond its dictionary', () => {
    const parts = snapshotParts();
    const codes = parts.findIndex((part) => part instanceof Uint8Array);
    const hostile = assemble(parts.with(codes, Uint8Array.of(1, 2, 9)));
    expect(() => snapshotFromBytes(hostile)).toThrow('column themes: row 2 has code 9 of 3');
  });

  it('is refused with rows that have no id of their own', () => {
    const { header, arrays } = headerAndArrays();
    // The order of the ids comes first: rows 2, 0, 1.
    const start = arrays.findIndex((byte) => byte === 2);
    const hostile = withHeader(header, arrays.with(start, 1));
    expect(() => snapshotFromBytes(hostile)).toThrow('row 1 has no id of its own');
  });

  it('is refused with a dictionary out of order, which ranges rely on', () => {
    const parts = snapshotParts();
    const prices = parts.findIndex((part) => JSON.stringify(part) === '[0,1299.5]');
    const hostile = assemble(parts.with(prices, [1299.5, 0]));
    expect(() => snapshotFromBytes(hostile)).toThrow(
      'column price: value 0 does not fit or is out of order',
    );
  });
});

describe('a decision', () => {
  const [, interleaved] = experimentDecisions;
  const payload = decisionsToBytes([interleaved]).slice(14, -8);
  /** The payload ends with what it has (u8), then the teams: their number (u32) and one byte each. */
  const withByte = (fromEnd: number, value: number) =>
    payload.with(payload.length - fromEnd, value);

  it.each<[string, Uint8Array, string]>([
    [
      'more teams than items',
      Uint8Array.from([...withByte(6, 3), 0]),
      'ranking r-1: 3 teams do not go with 2 items',
    ],
    [
      'fewer teams than items',
      withByte(6, 1).slice(0, -1),
      'ranking r-1: 1 teams do not go with 2 items',
    ],
    [
      'parts of a later format',
      withByte(7, 16),
      'ranking r-1: 16 names parts that this build does not know',
    ],
  ])('is refused with %s', (_, changed, message) => {
    const read = (bytes: Uint8Array) => decisionsFromBytes(sealFrame('TTDB', 2, undefined, bytes));
    expect(read(payload)).toEqual([interleaved]);
    expect(() => read(changed)).toThrow(FormatError);
    expect(() => read(changed)).toThrow(message);
  });

  it('of a pointer is refused with revision 0, and with parts of a format after that', () => {
    const revised = { ...decisions[0], pointerRevision: 258 };
    const ends = decisionsToBytes([revised]).slice(14, -8);
    const read = (bytes: Uint8Array) => decisionsFromBytes(sealFrame('TTDB', 4, undefined, bytes));
    expect(read(ends)).toEqual([revised]);
    const nought = ends.with(ends.length - 4, 0).with(ends.length - 3, 0);
    expect(() => read(nought)).toThrow('ranking r-1: no pointer has revision 0');
    expect(() => read(ends.with(ends.length - 5, 48))).toThrow('48 names parts');
  });

  it('is written in the first format, which an older backend reads, unless it holds more', () => {
    const formatOf = (bytes: Uint8Array) => openFrame('TTDB', 4, bytes).format;
    expect(formatOf(decisionsToBytes(decisions))).toBe(1);
    expect(formatOf(decisionsToBytes([...decisions, interleaved]))).toBe(2);
    expect(formatOf(decisionsToBytes([...decisions, ...placedDecisions]))).toBe(3);
    expect(formatOf(decisionsToBytes([...decisions, ...revisedDecisions]))).toBe(4);
  });

  it('is refused inside an ingest batch when its own bytes are damaged', () => {
    expect(decisions.length).toBeGreaterThan(0);
    expect(() => ingestBatchFromBytes(sealIngestBatch('b', [new Uint8Array(40)], '[]'))).toThrow(
      'expected TTDB',
    );
  });
});

/** The header of a snapshot, and all that follows it, without what fills up its first 16 bytes. */
function headerAndArrays() {
  const bytes = snapshotToBytes(snapshot.schema, snapshot.table);
  const { payload } = openFrame('TTSN', 2, bytes);
  const header: unknown = JSON.parse(payload.text());
  payload.raw(-(bytes.length - 8 - payload.left) & 15);
  return { header, arrays: payload.raw(payload.left).slice() };
}

function withHeader(header: unknown, arrays: Uint8Array): Uint8Array {
  const out = new ByteWriter().text(JSON.stringify(header));
  const filling = -(14 + out.written().length) & 15;
  return sealFrame(
    'TTSN',
    2,
    snapshot.schema.hash,
    out.raw(new Uint8Array(filling)).raw(arrays).finish(),
  );
}

/** Ids, then per column its spec, its dictionary (both JSON) and its codes (one byte each). */
function snapshotParts(): unknown[] {
  const bytes = snapshotToBytesOfFormat1(snapshot.schema, snapshot.table);
  const payload: ByteReader = openFrame('TTSN', 1, bytes).payload;
  const parts: unknown[] = [JSON.parse(payload.text())];
  for (let columns = payload.u16(); columns > 0; columns--) {
    parts.push(JSON.parse(payload.text()), JSON.parse(payload.text()));
    payload.u8();
    parts.push(payload.block().slice());
  }
  return parts;
}

function assemble(parts: readonly unknown[]): Uint8Array {
  const [ids, ...columns] = parts;
  const out = new ByteWriter().text(JSON.stringify(ids)).u16(columns.length / 3);
  for (const part of columns) {
    if (part instanceof Uint8Array) out.u8(1).block(part);
    else out.text(JSON.stringify(part));
  }
  return sealFrame('TTSN', 1, snapshot.schema.hash, out.finish());
}
