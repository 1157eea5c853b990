import { afterEach, beforeEach, expect, test } from 'vitest';
import { upsertItems } from '../../../../backend/catalogue/items.ts';
import { publishLearned } from '../../../../backend/catalogue/learned-parts.ts';
import { withPools } from '../../../../backend/runs/shell/logged-pools.ts';
import { packedCatalogue } from '../../../../backend/runs/shell/packed-catalogue.ts';
import type { LoggedSlate } from '../../../../backend/science/learn/logged-slate.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { parseItem } from '../../../../shared/domain/item.ts';
import { packItems } from '../../../../shared/features/columns/item-table.ts';
import {
  learnedPart,
  type LearnedColumns,
  type LearnedPart,
} from '../../../../shared/features/columns/learned-columns.ts';
import { parseSchema } from '../../../../shared/features/schema.ts';
import { learnedToBytes } from '../../../../shared/format/learned-bytes.ts';
import { snapshotHash } from '../../../../shared/format/snapshot-bytes.ts';
import { withLearned } from '../../../../shared/score/learned-table.ts';
import { rankable } from '../../../../shared/score/rankable.ts';
import { rankSlate } from '../../../../shared/score/rank.ts';
import { additiveFromPoints } from '../../../../shared/score/scorer.ts';
import { NOON, openLog, rankingOf, type Log } from '../../log/support/log.ts';

const schema = parseSchema({
  name: 'learned',
  columns: [],
  features: [{ name: 'rate', kind: 'learned', of: 'clickRate', days: 7, buckets: 4 }],
  exploration: { temperature: 2, epsilon: 0.2, poolSize: 8 },
});
const scorer = additiveFromPoints(
  schema,
  { rate: [0, -3, -1, 1, 3] },
  { version: RULES_VERSION, name: 'rules' },
);
const items = Array.from({ length: 8 }, (_, i) => parseItem({ id: `i${i}` }));
const plain = rankable(packItems(schema.columns, items));
const asked = { preferences: {}, context: {}, recent: [] };
/** Item i has the `turned`-th level after its own. */
const columnsOf = (turned: number): LearnedColumns => ({
  ids: items.map(({ id }) => id),
  columns: [
    {
      of: 'clickRate',
      days: 7,
      levels: Float64Array.from(items, (_, i) => i / 10),
      codes: Uint8Array.from(items, (_, i) => 1 + ((i + turned) % 8)),
    },
  ],
});

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON);
  await upsertItems(log.store, schema, items, NOON);
});
afterEach(() => log.close());

/** Stores it as a refresh does. */
async function publish(turned: number): Promise<LearnedPart> {
  const bytes = learnedToBytes(columnsOf(turned));
  const hash = snapshotHash(bytes);
  await publishLearned(
    log.store,
    {
      publishLearned: async () => ({ hash, parts: 1, sizeBytes: bytes.length, at: NOON + turned }),
    },
    { hash, bytes, items: 8, details: {} },
    { keptSince: 0, nowMs: NOON + turned },
  );
  return learnedPart(columnsOf(turned), hash);
}

test('what competed is known by the learned columns that each ranking read, and not by those of now', async () => {
  const parts = [
    undefined,
    await publish(1),
    await publish(3),
    learnedPart(columnsOf(5), 'ef'.repeat(16)),
  ];
  const slates = parts.map((part, n): LoggedSlate => {
    const table = part === undefined ? plain : withLearned(plain, schema, part);
    const { exploration } = scorer;
    const drawn = rankSlate(scorer, table, asked, { limit: 1, seed: n, nowMs: NOON, exploration });
    return {
      rankingId: `r${n}`,
      at: NOON,
      sessionId: `s${n}`,
      userId: null,
      placement: 'main',
      consent: 'measure',
      arm: null,
      weights: scorer.version,
      draw: { ...exploration, seed: n, isDrafted: false },
      itemIds: drawn.ids,
      units: Int32Array.from(drawn.units),
      propensities: Float64Array.from(drawn.propensities),
      codes: drawn.codes,
      tallies: [undefined],
    };
  });
  await log.add(
    slates.map(({ rankingId, at }, n) =>
      Object.assign(
        rankingOf(rankingId, at, {
          request: JSON.stringify(asked),
          limit: 1,
          ...(parts[n] && { learned: parts[n].hash }),
        }),
        { rankingId },
      ),
    ),
  );
  const catalogue = packedCatalogue(log.database, schema);
  expect((await catalogue()).learned?.hash).toBe(parts[2]!.hash);
  const pooled = await withPools(log.database, catalogue, slates, scorer, scorer);
  // The last one's columns are not kept any more.
  expect(pooled.map(({ pool }) => pool !== undefined)).toEqual([true, true, true, false]);
  expect(new Set(pooled[0].pool!.codes)).toEqual(new Set([0]));
  expect(pooled[1].pool!.codes.toSorted()).toEqual(Uint8Array.of(1, 1, 2, 2, 3, 3, 4, 4));
});
