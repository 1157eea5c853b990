import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ItemId } from '../../../shared/domain/ids.ts';
import type { Attributes, Item } from '../../../shared/domain/item.ts';
import { catalogueTable, sortColumns } from '../../../shared/features/catalogue-table.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { compareBytes } from '../../../shared/features/columns/packed-ids.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { joinEdits, patchFromBytes, patchToBytes } from '../../../shared/format/patch-bytes.ts';
import { snapshotFromBytes, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { utf8ToBytes } from '../../../shared/hash/utf8.ts';
import { editTable, type TableEdit } from '../../../shared/score/edit-table.ts';
import { rankable, type RankableTable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { additiveFromPoints, type Scorer } from '../../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../../bench/support/trips.ts';
import { itemLists, schemas, scorersFor, visits } from '../support/arbitrary.ts';
import { fuzz, runs, SEED } from '../support/seed.ts';

const EXPLORATION = { temperature: 1, epsilon: 0.1, poolSize: 40 };

/** As the database gives them. */
const inOrder = (items: ReadonlyMap<string, Attributes>): Item[] =>
  Array.from(items, ([id, attributes]) => ({ id: id as ItemId, attributes })).toSorted((a, b) =>
    compareBytes(utf8ToBytes(a.id), utf8ToBytes(b.id)),
  );

/** The oracle: all items packed as a whole. */
const whole = (schema: Schema, items: ReadonlyMap<string, Attributes>) => {
  const bytes = snapshotToBytes(schema, catalogueTable(schema, inOrder(items)));
  const { table, blocks } = snapshotFromBytes(bytes);
  return { bytes, loaded: rankable(table, blocks) };
};

type Changes = ReadonlyMap<string, Attributes | undefined>;

/** What a patch says of changes, through its bytes. */
function editOf(schema: Schema, sort: readonly number[], changes: Changes): TableEdit {
  const put = [...changes].flatMap(([id, attributes]) =>
    attributes === undefined ? [] : [{ id: id as ItemId, attributes }],
  );
  const withdrawn = [...changes].flatMap(([id, own]) => (own === undefined ? [id] : []));
  const edit = { sort, withdrawn, put: packItems(schema.columns, put) };
  return patchFromBytes(patchToBytes(schema, { from: [], edit })).edit;
}

function applied(before: RankableTable, edit: TableEdit): RankableTable {
  const { table, blocks } = editTable(before, edit);
  return rankable(table, blocks);
}

const change = (items: ReadonlyMap<string, Attributes>, changes: Changes) => {
  const after = new Map(items);
  for (const [id, attributes] of changes)
    if (attributes === undefined) after.delete(id);
    else after.set(id, attributes);
  return after;
};

const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

/** Ids that share beginnings, of more than one byte per character, and of more bytes than a length of one byte can tell. */
const idOf = (n: number) =>
  n % 7 === 0 ? `é食-${n}` : n % 11 === 0 ? `${'食'.repeat(100)}${n}` : `i${n}`;

describe(`a table that is edited (seed ${SEED})`, () => {
  it('is byte by byte the one that is packed as a whole, and ranks the same, after any sequence of patches, one by one and joined', () => {
    const cases = schemas.chain((schema) =>
      fc.record({
        scorer: scorersFor(schema),
        items: itemLists,
        copies: fc.constantFrom(1, 1, 1, 26, 40),
        steps: fc.array(
          fc.record({
            others: itemLists,
            ids: fc.array(fc.nat(60), { minLength: 40, maxLength: 40 }),
            withdrawn: fc.array(fc.nat(60), { maxLength: 8 }),
            many: fc.boolean(),
          }),
          { minLength: 1, maxLength: 4 },
        ),
        visit: visits,
        filter: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
        seed: fc.nat(1000),
      }),
    );
    fuzz(
      cases,
      ({ scorer, items, copies, steps, visit, filter, seed }) => {
        const { schema } = scorer;
        let current = new Map<string, Attributes>();
        for (let copy = 0; copy < copies; copy++)
          items.forEach(({ attributes }, i) => current.set(idOf(i + 60 * copy), attributes));
        let base = whole(schema, current).loaded;
        let own = base;
        let edits: TableEdit[] = [];
        for (const { others, ids, withdrawn, many } of steps) {
          const changes = new Map<string, Attributes | undefined>();
          others.forEach(({ attributes }, i) => {
            changes.set(idOf(ids[i]), attributes);
            if (many) for (let n = 1; n < 20; n++) changes.set(idOf(ids[i] + 60 * n), attributes);
          });
          for (const n of withdrawn) changes.set(idOf(n), undefined);
          const sort = sortColumns(schema, own.table);
          current = change(current, changes);
          const expected = whole(schema, current);
          if (String(sortColumns(schema, expected.loaded.table)) !== String(sort)) {
            // Its rows lie in another order: it is published as a whole.
            base = own = expected.loaded;
            edits = [];
            continue;
          }
          const edit = editOf(schema, sort, changes);
          edits.push(edit);
          own = applied(own, edit);
          const joined = applied(base, joinEdits(edits as [TableEdit, ...TableEdit[]]));
          const request = {
            ...visit,
            ...(filter !== undefined && { filters: { column: 'word', in: [filter] } as never }),
            ...(seed % 3 === 0 && { exclude: [idOf(ids[0])] as ItemId[] }),
          };
          const options = { limit: 20, nowMs: NOW_MS, exploration: EXPLORATION, seed };
          const slate = rankSlate(scorer, expected.loaded, request, options);
          for (const loaded of [own, joined, applied(own, joinEdits(edits as [TableEdit]))]) {
            expect(isSame(snapshotToBytes(schema, loaded.table), expected.bytes)).toBe(true);
            expect(rankSlate(scorer, loaded, request, options)).toEqual(slate);
            for (const n of ids.slice(0, 10))
              expect(loaded.rows.get(idOf(n))).toBe(expected.loaded.rows.get(idOf(n)));
          }
        }
      },
      120,
    );
  }, 120_000);

  it('is so over hundreds of patches of a catalogue of many blocks, searched by the kernel', () => {
    const random = seededRandom(SEED);
    const pick = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)];
    let current = new Map<string, Attributes>(
      makeTrips(9000, 5).map(({ id, attributes }) => [id, attributes]),
    );
    const scorer: Scorer = additiveFromPoints(smarttrip, smarttrip.rules, {
      version: 'v000001' as Scorer['version'],
      name: 'rules',
    });
    let own = whole(smarttrip, current).loaded;
    const requests = makeVisits(40, 6);
    for (let step = 0; step < runs(20); step++) {
      const ids = [...current.keys()];
      const changes = new Map<string, Attributes | undefined>();
      for (let i = 0; i < 40; i++) {
        const id = pick(ids);
        const kind = random();
        if (kind < 0.7)
          changes.set(id, { ...current.get(id), price: 10 * Math.floor(random() * 300) });
        else if (kind < 0.85) changes.set(id, undefined);
        else changes.set(`new-${step}-${i}`, { ...current.get(pick(ids)) });
      }
      current = change(current, changes);
      const sort = sortColumns(smarttrip, own.table);
      const expected = whole(smarttrip, current);
      if (String(sortColumns(smarttrip, expected.loaded.table)) !== String(sort)) {
        own = expected.loaded;
        continue;
      }
      own = applied(own, editOf(smarttrip, sort, changes));
      expect(own.blocks?.memory).toBeDefined();
      expect(isSame(snapshotToBytes(smarttrip, own.table), expected.bytes)).toBe(true);
      for (const [seed, visit] of requests.slice(0, 10).entries()) {
        // Departures turn past between two requests.
        const nowMs = NOW_MS + seed * 20 * 86_400_000;
        const options = { limit: 20, nowMs, exploration: EXPLORATION, seed };
        expect(rankSlate(scorer, own, visit, options)).toEqual(
          rankSlate(scorer, expected.loaded, visit, options),
        );
      }
    }
  }, 120_000);
});
