import { expect, test } from 'vitest';
import { preview } from '../../../backend/offline/preview.ts';
import { scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { scorer } from '../../golden/artifacts.ts';

const DRAW = { seed: 1, nowMs: Date.UTC(2026, 0, 1), explore: false };
const sessionId = 's1';
const candidates = ['a', 'b', 'c', 'd'].map((id) => ({ id }));

test('shows what filters and exclusions of a request leave, and counts nothing else as competing', () => {
  const published = { scorer: scorerToBytes(scorer) };
  const all = preview(published, { sessionId, candidates, limit: 4 }, DRAW);
  expect(all.competing).toBe(4);
  const left = preview(
    published,
    { sessionId, candidates, limit: 4, exclude: ['a', 'c', 'x'] },
    DRAW,
  );
  expect(left.items.map(({ id }) => id).toSorted()).toEqual(['b', 'd']);
  expect(left.competing).toBe(2);
  expect(all.asked).toBeUndefined();
  expect(left.asked).toMatchObject({
    removed: expect.arrayContaining([{ path: 'exclude', removed: 2, alone: 2 }]),
    left: 2,
  });
  const [{ name: column }] = scorer.schema.columns;
  const none = preview(
    published,
    { sessionId, candidates, filters: { column, known: true } },
    DRAW,
  );
  expect(none.items).toEqual([]);
  expect(none.competing).toBe(0);
});
