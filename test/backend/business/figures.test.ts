import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { averagesOf, ratioOf, revenueDifference } from '../../../backend/business/estimates.ts';
import { diversityOf } from '../../../backend/business/diversity.ts';
import { businessFigures } from '../../../backend/business/figures.ts';
import { itemFigures } from '../../../backend/business/items.ts';
import { searchFigures } from '../../../backend/business/searches.ts';
import { NOTHING } from '../../../backend/business/visitor-sums.ts';
import { armKey } from '../../../shared/domain/experiment.ts';
import { parseItemId, parseSessionId, parseUserId, versionOf } from '../../../shared/domain/ids.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { FEATURES, happened, NOON, openLog, rankingOf, DAY, type Log } from '../log/support/log.ts';
import { runningExperiment } from '../experiments/support/experiment-log.ts';

const SPAN = { from: NOON - DAY, to: NOON + 10 * DAY };
const ITEMS = ['a', 'b', 'c', 'd', 'e'].map((id) => parseItemId(id));
const TYPES = [
  'click',
  'click',
  'click',
  'dwell',
  'save',
  'contact',
  'booking_start',
  'booking',
  'survey',
  'not_interested',
];

/** Visitors on three days, some of them logged in and back under another session, told by two versions and two arms. */
function world() {
  const random = seededRandom(7);
  const below = (n: number) => Math.floor(random() * n);
  const rankings = Array.from({ length: 400 }, (_, n) => {
    const person = below(90);
    const session = parseSessionId(`s-${person}-${below(2)}`);
    const itemIds = ITEMS.toSorted(() => random() - 0.5).slice(0, 2 + below(3));
    const asked = below(3);
    return rankingOf(`r-${n}`, NOON + below(3) * DAY + n * 1000, {
      sessionId: session,
      ...(person % 3 === 0 && { userId: parseUserId(`u-${person}`) }),
      weights: versionOf(n % 2),
      arm: armKey('exp_1', person % 2 === 0 ? 'control' : 'treatment'),
      request: JSON.stringify(asked === 0 ? {} : { preferences: { themes: [`t${asked}`] } }),
      itemIds,
      units: itemIds.map(() => 0),
      propensities: itemIds.map(() => 1),
      codes: new Uint8Array(itemIds.length * FEATURES),
    });
  });
  const events = rankings.flatMap((ranking, n) =>
    Array.from({ length: below(4) }, (_, i) => {
      const type = TYPES[below(TYPES.length)] as 'click';
      return happened(ranking, type, {
        slot: below(ranking.itemIds.length),
        afterMs: 3000 + i * 2000 + n,
        ...((type as string) === 'dwell' && { value: 1000 * (1 + below(60)) }),
        ...((type as string) === 'booking' && { value: 10 * (1 + below(9)) }),
        ...((type as string) === 'survey' && { value: below(3) / 2 }),
      });
    }),
  );
  return { rankings, events };
}

const { rankings, events } = world();
const eventsOf = Map.groupBy(events, ({ rankingId }) => rankingId);
const visitorOf = ({ userId, sessionId }: (typeof rankings)[number]) => userId ?? sessionId;

let log: Log;
beforeAll(async () => {
  log = await openLog(NOON + 4 * DAY);
  await runningExperiment(log.store);
  await log.add(rankings, events);
  await log.update();
});
afterAll(() => log.close());

/** The same counted slowly: each ranking with all that came of it. */
function slowly(of: typeof rankings) {
  const all = of.flatMap(({ rankingId }) => eventsOf.get(rankingId) ?? []);
  const sum = (type: string) =>
    all.reduce((total, event) => (event.type === type ? total + (event.value ?? 0) : total), 0);
  const count = (type: string) => all.filter((event) => event.type === type).length;
  return {
    rankings: of.length,
    clicked: of.filter(({ rankingId }) =>
      eventsOf.get(rankingId)?.some(({ type }) => type === 'click'),
    ).length,
    clicks: count('click'),
    bookingStarts: count('booking_start'),
    bookings: count('booking'),
    revenue: sum('booking'),
    dwells: count('dwell'),
    dwellSeconds: sum('dwell') / 1000,
    answers: count('survey'),
    answerScores: sum('survey'),
    dismissals: count('not_interested'),
  };
}

describe('figures of what visitors did', () => {
  test('by version: every sum, visitors and items are those that a slow count finds', async () => {
    const found = await businessFigures(log.store.db, SPAN, { by: 'version' }, versionOf(1));
    expect(found.reference).toBe(versionOf(1));
    for (const [version, own] of Map.groupBy(rankings, ({ weights }) => weights)) {
      const group = found.groups.find((one) => one.group === version)!;
      expect(group.sums).toEqual(slowly(own));
      expect(group.visitors).toBe(new Set(own.map(visitorOf)).size);
      expect(group.diversity.items).toBe(new Set(own.flatMap(({ itemIds }) => itemIds)).size);
      expect(group.sums.answers).toBeGreaterThan(10);
      expect(group.satisfaction.value).toBe(group.sums.answerScores / group.sums.answers);
      expect(group.dismissalsPerSearch.value).toBe(group.sums.dismissals / own.length);
      const { low, value, high } = group.clickThrough;
      expect(low! < value! && value! < high!).toBe(true);
    }
    for (const day of found.days) {
      const own = rankings.filter(
        ({ at, weights }) =>
          new Date(at).toISOString().startsWith(day.day) && weights === day.group,
      );
      expect(day.sums).toEqual(slowly(own));
    }
    expect(new Set(found.days.map(({ day }) => day)).size).toBe(3);
    // Versions are compared on each day alone.
    expect(found.groups.some(({ revenueDifference: one }) => one !== undefined)).toBe(false);
  });

  test('by market: what is no name of one, and all beyond the 200 most frequent, is told together', async () => {
    const own = await openLog(NOON + 4 * DAY);
    const asked: readonly (readonly [request: object, times: number])[] = [
      [{ market: { name: 'DE' } }, 3],
      [{ context: { market: 'US' } }, 2],
      [{ context: { market: 7 } }, 2],
      [{}, 2],
      [{ context: { market: '\u001b]0;title' } }, 2],
      [{ context: { market: 'x'.repeat(33) } }, 2],
      ...Array.from({ length: 250 }, (_, n) => [{ context: { market: `free-${n}` } }, 1] as const),
    ];
    const all = asked.flatMap(([request, times]) =>
      Array.from({ length: times }, () => JSON.stringify(request)),
    );
    await own.add(
      all.map((request, n) =>
        rankingOf(`m-${n}`, NOON + n, { sessionId: parseSessionId(`s-${n}`), request }),
      ),
      [],
    );
    await own.update();
    const { groups, days } = await businessFigures(own.store.db, SPAN, { by: 'market' });
    const counted = new Map(groups.map(({ group, sums }) => [group, sums.rankings]));
    expect(counted.size).toBe(201);
    expect(days).toHaveLength(201);
    expect([...counted].slice(0, 2)).toEqual([
      ['other', 2 + 2 + 250 - 196],
      ['DE', 3],
    ]);
    expect(['US', '7', 'none'].map((group) => counted.get(group))).toEqual([2, 2, 2]);
    expect([...counted.keys()].filter((group) => group.startsWith('free-'))).toHaveLength(196);
    await own.close();
  });

  test('by arm: the unit that was assigned counts, and who saw both arms is in no difference', async () => {
    const both = parseSessionId('sees-both');
    const twice = ['control', 'treatment'].map((arm, i) =>
      rankingOf(`both-${arm}`, NOON + i, {
        sessionId: both,
        arm: armKey('exp_1', arm),
      }),
    );
    await log.add(twice, [happened(twice[1], 'booking', { value: 1e9 })]);
    await log.update();
    const found = await businessFigures(
      log.store.db,
      SPAN,
      { by: 'arm', experiment: 'exp_1', unit: 'session' },
      'control',
    );
    expect(found.mixed).toBe(1);
    const arm = (name: string) => found.groups.find(({ group }) => group === name)!;
    const perUnit = (name: string) => {
      const own = rankings.filter((one) => one.arm === armKey('exp_1', name));
      return slowly(own).revenue / new Set(own.map(({ sessionId }) => sessionId)).size;
    };
    const { value, low, high } = arm('treatment').revenueDifference!;
    expect(value).toBeCloseTo(perUnit('treatment') - perUnit('control'), 8);
    expect(low! < value! && value! < high!).toBe(true);
    expect(arm('control').revenueDifference).toBeUndefined();
    expect(arm('treatment').sums.revenue).toBeGreaterThan(1e9);
  });

  test('of items: each with its slots, looks and bookings', async () => {
    const found = await itemFigures(log.store.db, SPAN, 100);
    for (const id of ITEMS) {
      const one = found.find(({ itemId }) => itemId === id)!;
      const shown = rankings.filter(({ itemIds }) => itemIds.includes(id));
      const did = (type: string) => events.filter((e) => e.itemId === id && e.type === type);
      const clicked = new Set(did('click').map(({ rankingId }) => rankingId));
      const slots = [...clicked].map(
        (ranking) =>
          rankings.find(({ rankingId }) => rankingId === ranking)!.itemIds.indexOf(id) + 1,
      );
      expect(one).toMatchObject({
        shown: shown.length,
        clicked: clicked.size,
        saves: did('save').length,
        contacts: did('contact').length,
        dismissals: did('not_interested').length,
        bookingStarts: did('booking_start').length,
        bookings: did('booking').length,
        revenue: did('booking').reduce((sum, { value = 0 }) => sum + value, 0),
      });
      expect(one.meanClickedSlot).toBeCloseTo(slots.reduce((a, b) => a + b, 0) / slots.length, 9);
      expect(one.clickRate.rate).toBeCloseTo(clicked.size / shown.length, 9);
    }
    const [alone] = await itemFigures(log.store.db, SPAN, 100, ITEMS[2]);
    expect(alone).toEqual(found.find(({ itemId }) => itemId === ITEMS[2]));
  });

  test('of searches: what stated no preferences is one of them', async () => {
    const found = await searchFigures(log.store.db, SPAN, 10);
    const asked = Map.groupBy(rankings, ({ request }) =>
      JSON.stringify((JSON.parse(request) as { preferences?: unknown }).preferences ?? {}),
    );
    for (const [preferences, own] of asked) {
      const one = found.find((search) => search.preferences === preferences)!;
      expect(one.clicked).toBe(slowly(own).clicked);
      if (preferences !== '{"themes":["food"]}') expect(one.rankings).toBe(own.length);
    }
  });
});

describe('estimates', () => {
  test('an interval needs enough visitors who did it; a figure without one is still told', () => {
    const few = Array.from({ length: 9 }, () => ({ ...NOTHING, rankings: 2, clicks: 1 }));
    expect(averagesOf(few).conversion).toEqual({ value: 0 });
    expect(averagesOf([])).toMatchObject({ visitors: 0, clickThrough: { value: null } });
    expect(ratioOf([1], [0])).toEqual({ value: null });
    // All but one answer the best: the interval ends where answers do.
    const answered = Array.from({ length: 40 }, (_, n) => ({
      ...NOTHING,
      answers: 1,
      answerScores: n === 0 ? 0.5 : 1,
    }));
    const { value, low, high } = averagesOf(answered).satisfaction;
    expect([value! < 1, low! < value!, high]).toEqual([true, true, 1]);
  });

  test('intervals over visitors contain the truth as often as they say, where visitors differ much', () => {
    const random = seededRandom(3);
    let [ratio, difference] = [0, 0];
    const worlds = 400;
    for (let n = 0; n < worlds; n++) {
      const visitors = (size: number) =>
        Array.from({ length: size }, () => {
          // Each has a share of their own, so that clicks of one visitor are alike.
          const clicks = 1 + Math.floor(8 * random() ** 3);
          const share = random() < 0.5 ? 0.1 : 0.5;
          const bookingStarts = Array.from({ length: clicks }).filter(
            () => random() < share,
          ).length;
          return {
            ...NOTHING,
            clicks,
            bookingStarts,
            revenue: random() < 0.3 ? 100 * random() : 0,
          };
        });
      const [a, b] = [visitors(300), visitors(300)];
      const { low, high } = averagesOf(a).conversion;
      if (low! <= 0.3 && 0.3 <= high!) ratio++;
      const between = revenueDifference(a, b);
      if (between.low! <= 0 && 0 <= between.high!) difference++;
    }
    // Four standard errors below 95 %.
    const least = worlds * (0.95 - 4 * Math.sqrt((0.95 * 0.05) / worlds));
    expect(ratio).toBeGreaterThan(least);
    expect(difference).toBeGreaterThan(least);
  });

  test('items shown equally often count in full, and one that takes all counts as one', () => {
    const catalogue = new Set(['a', 'b', 'c', 'd']);
    const even = new Map([...catalogue].map((item) => [item, 1000]));
    expect(diversityOf(even, catalogue).effective).toBeCloseTo(4, 1);
    expect(diversityOf(new Map([['a', 50]]), catalogue)).toEqual({
      items: 1,
      effective: 1,
      coverage: 0.25,
    });
    expect(diversityOf(new Map([['gone', 1]]), new Set())).toEqual({
      items: 1,
      effective: null,
      coverage: null,
    });
  });
});
