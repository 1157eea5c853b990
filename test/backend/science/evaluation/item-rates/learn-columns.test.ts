import { describe, expect, it } from 'vitest';
import { countPeople } from '../../../../../backend/science/evaluation/item-rates/count-people.ts';
import { examinationOfSlots } from '../../../../../backend/science/evaluation/item-rates/examination-of-slots.ts';
import { learnColumns } from '../../../../../backend/science/evaluation/item-rates/learn-columns.ts';
import {
  BOOKED,
  CLICKED,
  type ShownItems,
} from '../../../../../backend/science/evaluation/item-rates/shown-items.ts';
import { learnedBuckets } from '../../../../../shared/features/columns/learned-columns.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TO = Date.UTC(2026, 4, 20, 10);

/** A ranking: when, of whom, and what it showed with what was done. */
type Ranking = readonly [
  at: number,
  person: number,
  shown: readonly (readonly [item: string, did: number])[],
];

function shownOf(rankings: readonly Ranking[]): ShownItems {
  const items = [...new Set(rankings.flatMap(([, , shown]) => shown.map(([id]) => id)))];
  const starts = new Uint32Array(rankings.length + 1);
  rankings.forEach(([, , shown], i) => (starts[i + 1] = starts[i] + shown.length));
  const rows = rankings.flatMap(([, , shown]) => shown);
  return {
    items,
    at: Float64Array.from(rankings, ([at]) => at),
    person: Uint32Array.from(rankings, ([, person]) => person),
    starts,
    item: Uint32Array.from(rows, ([id]) => items.indexOf(id)),
    slot: Uint16Array.from(rankings.flatMap(([, , shown]) => [...shown.keys()])),
    did: Uint8Array.from(rows, ([, did]) => did),
  };
}

const learnedOf = (rankings: readonly Ranking[]) => {
  const { columns } = learnColumns(shownOf(rankings), TO);
  return (of: string, days: number, id: string): number | undefined => {
    const column = columns.columns.find((one) => one.of === of && one.days === days)!;
    const code = column.codes[columns.ids.findIndex((one) => one === id)];
    return code === 0 ? undefined : column.levels[code - 1];
  };
};

describe('what is counted of an item', () => {
  it('are people: the same one again looks more surely, and clicks once', () => {
    const theta = Float64Array.of(1, 0.5);
    const shown = shownOf([
      [
        TO,
        0,
        [
          ['a', 0],
          ['b', 0],
        ],
      ],
      [
        TO,
        0,
        [
          ['b', 0],
          ['a', CLICKED],
        ],
      ],
      [
        TO,
        0,
        [
          ['c', 0],
          ['a', CLICKED | BOOKED],
        ],
      ],
      [
        TO,
        1,
        [
          ['c', CLICKED],
          ['a', 0],
          ['b', CLICKED],
        ],
      ],
    ]);
    const { looked, clicked, booked } = countPeople(shown, theta, 0);
    // Slots below the last that is known are looked at as often as it.
    expect([...looked]).toEqual([1 + 0.5, 1 + 0.5, 1 + 1]);
    expect([...clicked]).toEqual([1, 1, 1]);
    expect([...booked]).toEqual([1, 0, 0]);
  });

  it('is moved by one person who clicks ten thousand times as by one who clicks once', () => {
    const crowd: Ranking[] = Array.from({ length: 50 }, (_, i) => [
      TO - 9000 + i,
      i,
      [
        ['a', i % 9 === 0 ? CLICKED : 0],
        ['b', 0],
      ],
    ]);
    const once: Ranking[] = [
      [
        TO,
        99,
        [
          ['b', CLICKED],
          ['a', 0],
        ],
      ],
    ];
    const often: Ranking[] = Array.from({ length: 10_000 }, () => once[0]);
    const [few, many] = [learnedOf([...crowd, ...once]), learnedOf([...crowd, ...often])];
    for (const id of ['a', 'b'])
      for (const measure of ['views', 'clickRate', 'bookingRate'])
        expect(many(measure, 7, id)).toBe(few(measure, 7, id));
    expect(few('views', 7, 'b')).toBe(51);
  });
});

describe('windows', () => {
  it('are spans back from the newest entry, whatever midnight is and where', () => {
    const at = learnedOf([
      [TO - 30 * DAY, 0, [['before', 0]]],
      [TO - 30 * DAY + 1, 1, [['month', 0]]],
      [
        TO - 7 * DAY,
        2,
        [
          ['month', 0],
          ['not-week', 0],
        ],
      ],
      [TO - 7 * DAY + 1, 3, [['week', 0]]],
      // Yesterday by every clock from Honolulu to Auckland, and within 24 hours.
      [TO - DAY, 4, [['week', 0]]],
      [TO - DAY + 1, 5, [['day', 0]]],
      [TO, 6, [['day', 0]]],
    ]);
    expect(at('views', 30, 'before')).toBeUndefined();
    expect([1, 7, 30].map((days) => at('views', days, 'month'))).toEqual([undefined, undefined, 2]);
    expect([1, 7, 30].map((days) => at('views', days, 'week'))).toEqual([undefined, 2, 2]);
    expect([1, 7, 30].map((days) => at('views', days, 'day'))).toEqual([2, 2, 2]);
  });
});

describe('rates', () => {
  it('are empirical Bayes means of people who looked, by an obvious computation', () => {
    const random = seededRandom(3);
    const rankings: Ranking[] = Array.from({ length: 400 }, (_, person) => {
      const item = `item-${person % 7}`;
      const rate = 0.05 + 0.1 * (person % 7);
      return [TO - person, person, [[item, random() < rate ? CLICKED : 0]]];
    });
    const at = learnedOf(rankings);
    const raw = Array.from({ length: 7 }, (_, i) => {
      const own = rankings.filter(([, , [[id]]]) => id === `item-${i}`);
      return { n: own.length, k: own.filter(([, , [[, did]]]) => did === CLICKED).length };
    });
    // Units of nearly equal size: moments by unweighted sums are within a few percent of the weighted ones.
    const p = raw.map(({ n, k }) => k / n);
    const mean = p.reduce((a, b) => a + b) / 7;
    const variance = p.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 6;
    const n = 400 / 7;
    const gamma = (variance - (mean * (1 - mean)) / n) / (mean * (1 - mean) * (1 - 1 / n));
    const strength = 1 / gamma - 1;
    raw.forEach(({ n: own, k }, i) =>
      expect(at('clickRate', 7, `item-${i}`)).toBeCloseTo(
        (k + strength * mean) / (own + strength),
        2,
      ),
    );
  });

  it('do not say of an item that it is poor because it stood at the bottom', () => {
    const random = seededRandom(5);
    const appeal = Array.from({ length: 20 }, (_, i) => 0.05 + 0.02 * i);
    const rankings: Ranking[] = Array.from({ length: 20_000 }, (_, person) => {
      // The better half mostly stands at the bottom.
      const order = appeal
        .map((_worth, item) => ({ item, key: random() * 40 + item }))
        .toSorted((a, b) => a.key - b.key)
        .slice(0, 8);
      return [
        TO - person,
        person,
        order.map(({ item }, slot) => [
          `item-${String(item).padStart(2, '0')}`,
          random() < appeal[item] / (slot + 1) ? CLICKED : 0,
        ]),
      ];
    });
    const shown = shownOf(rankings);
    examinationOfSlots(shown).forEach((theta, slot) =>
      expect(Math.abs(theta * (slot + 1) - 1)).toBeLessThan(0.15),
    );
    const at = learnedOf(rankings);
    const rates = appeal.map((_, item) =>
      at('clickRate', 30, `item-${String(item).padStart(2, '0')}`)!,
    );
    rates.forEach((rate, item) => expect(Math.abs(rate / appeal[item] - 1)).toBeLessThan(0.35));
    const inOrder = rates.filter((rate, i) => i > 0 && rate > rates[i - 1]).length;
    expect(inOrder).toBeGreaterThanOrEqual(16);
  });

  it.each([
    { clicks: [800, 32], least: 0.05 },
    { clicks: [32, 800], least: 1 },
  ])('hold how often a slot is looked at within bounds: $clicks clicks', ({ clicks, least }) => {
    const shown = Array.from({ length: 1600 }, (_, person): Ranking => {
      const items = person % 2 === 0 ? ['a', 'b'] : ['b', 'a'];
      return [TO, person, items.map((id, slot) => [id, person < clicks[slot] ? CLICKED : 0])];
    });
    expect([...examinationOfSlots(shownOf(shown))]).toEqual([1, least]);
  });

  it('count every slot alike where there are too few clicks to tell', () => {
    expect([
      ...examinationOfSlots(
        shownOf([
          [
            TO,
            0,
            [
              ['a', CLICKED],
              ['b', 0],
            ],
          ],
        ]),
      ),
    ]).toEqual([1]);
  });
});

describe('codes', () => {
  it('tell 255 levels apart, rising with the value, and equal parts of buckets', () => {
    const rankings: Ranking[] = Array.from({ length: 600 }, (_, item) =>
      Array.from({ length: 1 + item }, (_unused, person): Ranking => [
        TO,
        1000 * item + person,
        [[`item-${item}`, 0]],
      ]),
    ).flat();
    const { columns } = learnColumns(shownOf(rankings), TO);
    const views = columns.columns.find(({ of, days }) => of === 'views' && days === 1)!;
    expect(views.levels).toHaveLength(255);
    const buckets = learnedBuckets(views, 5);
    const counts = new Map<number, number>();
    columns.ids.forEach((id, row) => {
      const bucket = buckets[views.codes[row]];
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
      expect(bucket).toBe(1 + Math.min(4, Math.floor((Number(id.slice(5)) + 0.5) / 120)));
    });
  });

  it('are the middle bucket where all are equal, and nothing where nothing was shown', () => {
    const { columns } = learnColumns(
      shownOf([
        [TO, 0, [['a', 0]]],
        [TO, 1, [['b', 0]]],
      ]),
      TO,
    );
    const rate = columns.columns.find(({ of, days }) => of === 'clickRate' && days === 1)!;
    expect([...rate.codes].map((code) => learnedBuckets(rate, 5)[code])).toEqual([3, 3]);
    expect(learnColumns(shownOf([]), TO).columns.ids).toEqual([]);
  });
});
