import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../shared/domain/errors.ts';
import { ByteReader, ByteWriter, FormatError } from '../../../shared/format/bytes.ts';
import { openFrame, sealFrame } from '../../../shared/format/frame.ts';
import { ingestBatchFromBytes, sealIngestBatch } from '../../../shared/format/ingest-bytes.ts';
import { scorerFromBytes, scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { snapshotFromBytes, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import { packItems } from '../../../shared/features/item-table.ts';
import { rankable, rankSlate } from '../../../shared/score/rank.ts';
import { decisions, scorer, snapshot } from '../../golden/artifacts.ts';
import { everyReplacement } from '../support/mutate-json.ts';

/** Artifacts whose checksum is right and whose JSON is not: a clear error, or a value that can be used. */
const visit = {
  preferences: { themes: ['food'], budget: 900, continents: ['Asia'] },
  context: {},
  recent: [],
};
const options = { limit: 5, seed: 1, nowMs: 1, exploration: scorer.exploration };

function expectUsableOrClear(use: () => void, changed: unknown): void {
  try {
    use();
  } catch (error) {
    const isClear = error instanceof ApiError || error instanceof FormatError;
    expect(isClear, `${JSON.stringify(changed)} gave ${(error as Error).stack}`).toBe(true);
  }
}

describe('JSON inside artifacts, each part replaced by something else', () => {
  it('a scorer header', () => {
    const payload = openFrame('TTSC', 1, scorerToBytes(scorer)).payload;
    const header: unknown = JSON.parse(payload.text());
    const weights = payload.raw(payload.left);
    for (const changed of everyReplacement(header)) {
      const bytes = new ByteWriter().text(JSON.stringify(changed)).raw(weights).finish();
      const claimed = (changed as { schema?: { hash?: unknown } } | null)?.schema?.hash;
      const hash =
        typeof claimed === 'string' && /^[0-9a-f]{16}$/.test(claimed) ? claimed : undefined;
      expectUsableOrClear(() => {
        const decoded = scorerFromBytes(sealFrame('TTSC', 1, hash, bytes));
        const table = packItems(decoded.schema.columns, []);
        rankSlate(decoded, rankable(table), visit, options);
      }, changed);
    }
  });

  it('the ids, column specs and dictionaries of a snapshot', () => {
    const parts = snapshotParts();
    parts.forEach((part, at) => {
      if (part instanceof Uint8Array) return;
      for (const changed of everyReplacement(part)) {
        const bytes = assemble(parts.with(at, changed));
        expectUsableOrClear(() => {
          const { table } = snapshotFromBytes(bytes);
          if (table.columns.some(({ spec }, i) => spec.name !== scorer.schema.columns[i]?.name))
            return;
          rankSlate(scorer, rankable(table), visit, options);
        }, changed);
      }
    });
  });

  it('the events of an ingest batch', () => {
    for (const events of ['5', 'null', '{}', '[5]', '[null]', '[[]]', '[', '']) {
      expect(() => ingestBatchFromBytes(sealIngestBatch('b', [], events)), events).toThrow(
        FormatError,
      );
    }
  });
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
