import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pageActivity } from '../../../backend/business/page-activity.ts';
import { parseSessionId, parseUserId } from '../../../shared/domain/ids.ts';
import { parsePlacement } from '../../../shared/domain/placement.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { DAY, happened, NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';

const SPAN = { from: NOON - DAY, to: NOON + 10 * DAY };

/** Visitors on three days and in two placements, most of whom move a pointer and scroll, one of them without an end. */
function world() {
  const random = seededRandom(11);
  const below = (n: number) => Math.floor(random() * n);
  const rankings = Array.from({ length: 240 }, (_, n) => {
    const person = below(50);
    return rankingOf(`r-${n}`, NOON + below(3) * DAY + n * 1000, {
      sessionId: parseSessionId(`s-${person}-${below(2)}`),
      ...(person % 3 === 0 && { userId: parseUserId(`u-${person}`) }),
      context: { placement: parsePlacement(n % 5 === 0 ? 'home' : 'search'), consent: 'measure' },
    });
  });
  const events = rankings.flatMap((ranking, n) => [
    ...Array.from({ length: below(4) }, (_, i) =>
      happened(ranking, 'pointer_activity', {
        itemId: undefined,
        afterMs: 3000 + i * 2000,
        // One visitor's page makes numbers up: its visit still counts as one.
        ...(below(5) > 0 && { value: n === 7 ? 1e12 : 1 + below(40) }),
        properties: { cell: `${below(10)},${below(10)}` },
      }),
    ),
    ...Array.from({ length: below(3) }, (_, i) =>
      happened(ranking, 'scroll_depth', {
        itemId: undefined,
        afterMs: 9000 + i * 2000,
        value: below(101) / 100,
      }),
    ),
  ]);
  return { rankings, events };
}

const { rankings, events } = world();
const byId = new Map(rankings.map((ranking) => [ranking.rankingId, ranking]));

let log: Log;
beforeAll(async () => {
  log = await openLog(NOON + 4 * DAY);
  await log.add(rankings, events);
  await log.update();
});
afterAll(() => log.close());

/** Events of a type in a placement by who did them on which day. */
const visitsOf = (type: string, placement: string) =>
  Map.groupBy(
    events.filter(
      (one) => one.type === type && byId.get(one.rankingId)!.context?.placement === placement,
    ),
    ({ rankingId }) => {
      const { userId, sessionId, at } = byId.get(rankingId)!;
      return `${userId ?? sessionId} ${new Date(at).toISOString().slice(0, 10)}`;
    },
  );

describe('what people did on the page', () => {
  test.each(['search', 'home'])(
    'cells are mean shares of visits, each visit weighing the same: %s',
    async (placement) => {
      const { pointer } = await pageActivity(log.store.db, SPAN, placement);
      const shares = new Map<string, number>();
      const visits = visitsOf('pointer_activity', placement);
      for (const own of visits.values()) {
        const total = own.reduce((sum, { value }) => sum + (value ?? 1), 0);
        for (const { value, properties } of own) {
          const cell = String(properties!.cell);
          shares.set(cell, (shares.get(cell) ?? 0) + (value ?? 1) / total / visits.size);
        }
      }
      expect(pointer.visits).toBe(visits.size);
      expect(pointer.cells.length).toBe(shares.size);
      for (const { x, y, share, visits: there } of pointer.cells) {
        expect(share).toBeCloseTo(shares.get(`${x},${y}`)!, 9);
        expect(there).toBe(
          [...visits.values()].filter((own) =>
            own.some(({ properties }) => properties!.cell === `${x},${y}`),
          ).length,
        );
      }
      expect(pointer.cells.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    },
  );

  test('the curve falls from the top of the page, by the deepest that each visit came', async () => {
    const { scroll } = await pageActivity(log.store.db, SPAN, 'search');
    const visits = [...visitsOf('scroll_depth', 'search').values()].map((own) =>
      Math.max(...own.map(({ value }) => value!)),
    );
    expect(scroll.visits).toBe(visits.length);
    expect(scroll.reached.map(({ depth }) => depth)).toEqual(
      Array.from({ length: 21 }, (_, i) => (5 * i) / 100),
    );
    for (const { depth, rate, low, high } of scroll.reached) {
      const reached = visits.filter((one) => one >= depth - 1e-9).length / visits.length;
      expect(rate).toBeCloseTo(reached, 12);
      expect(low! <= rate! && rate! <= high!).toBe(true);
    }
    expect(scroll.reached[0].rate).toBe(1);
  });

  test('the placement with most visits comes first and is taken by default', async () => {
    const found = await pageActivity(log.store.db, SPAN);
    expect(found.placements.map(({ placement }) => placement)).toEqual(['search', 'home']);
    expect(found.placement).toBe('search');
    expect(found.pointer).toEqual((await pageActivity(log.store.db, SPAN, 'search')).pointer);
  });

  test('what was done nowhere, or at another time, is none', async () => {
    const nowhere = await pageActivity(log.store.db, SPAN, 'nowhere');
    expect(nowhere.pointer).toEqual({ visits: 0, cells: [] });
    expect(nowhere.scroll).toEqual({ visits: 0, reached: [] });
    const before = await pageActivity(log.store.db, { from: 0, to: NOON - DAY });
    expect(before).toEqual({
      placements: [],
      pointer: { visits: 0, cells: [] },
      scroll: { visits: 0, reached: [] },
    });
  });

  test('a text that is no cell, which an earlier edge may have stored, is in none', async () => {
    const other = await openLog(NOON + 4 * DAY);
    const ranking = rankingOf('odd');
    await other.add(
      [ranking],
      ['3,4', '33,4', '\ud800', ''].map((cell, i) =>
        happened(ranking, 'pointer_activity', {
          itemId: undefined,
          afterMs: 3000 + 2000 * i,
          properties: { cell },
        }),
      ),
    );
    await other.update();
    const { pointer } = await pageActivity(other.store.db, SPAN);
    expect(pointer).toEqual({ visits: 1, cells: [{ x: 3, y: 4, share: 1, visits: 1 }] });
    await other.close();
  });
});
