import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, FormatError } from '../../../shared/format/bytes.ts';
import { openFrame, sealFrame } from '../../../shared/format/frame.ts';
import { ingestBatchFromBytes, sealIngestBatch } from '../../../shared/format/ingest-bytes.ts';
import { scorerFromBytes, scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { snapshotFromBytes, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import { packItems } from '../../../shared/features/item-table.ts';
import { rankable, rankSlate } from '../../../shared/score/rank.ts';
import { decisions, scorer, snapshot } from '../../golden/artifacts.ts';
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
  it('a scorer header', () => {
    const payload = openFrame('TTSC', 1, scorerToBytes(scorer)).payload;
    const header: unknown = JSON.parse(payload.text());
    const weights = payload.raw(payload.left);
    const use = (changed: unknown) => {
      const bytes = new ByteWriter().text(JSON.stringify(changed)).raw(weights).finish();
      const frame = sealFrame('TTSC', 1, scorer.schema.hash, bytes);
      const decoded = scorerFromBytes(frame);
      rankSlate(decoded, rankable(packItems(decoded.schema.columns, [])), visit, options);
    };
    expect(accidents(everyReplacement(header), use)).toEqual([]);
  });

  it('the ids, column specs and dictionaries of a snapshot', () => {
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

describe('a snapshot', () => {
  it('is refused with a code beyond its dictionary', () => {
    const parts = snapshotParts();
    const codes = parts.findIndex((part) => part instanceof Uint8Array);
    const hostile = assemble(parts.with(codes, Uint8Array.of(1, 2, 9)));
    expect(() => snapshotFromBytes(hostile)).toThrow('column themes: row 2 has code 9 of 3');
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
  it('is refused inside an ingest batch when its own bytes are damaged', () => {
    expect(decisions.length).toBeGreaterThan(0);
    expect(() => ingestBatchFromBytes(sealIngestBatch('b', [new Uint8Array(40)], '[]'))).toThrow(
      'expected TTDB',
    );
  });
});

/** Ids, then per column its spec, its dictionary (both JSON) and its codes (one byte each). */
function snapshotParts(): unknown[] {
  const bytes = snapshotToBytes(snapshot.schema, snapshot.table);
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
