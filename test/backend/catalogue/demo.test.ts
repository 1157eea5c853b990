import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DEMO_PLACES } from '../../../backend/catalogue/demo-places.ts';
import { DEMO_THEMES } from '../../../backend/catalogue/demo-themes.ts';
import { demoCatalogue, type DemoTrip } from '../../../backend/catalogue/demo.ts';
import { parseItem } from '../../../shared/domain/item.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';

const DAY_MS = Date.UTC(2026, 10, 22, 15, 30);
const trips = demoCatalogue(10_000, 7, DAY_MS);
const mean = (of: (trip: DemoTrip) => number, among: readonly DemoTrip[]) =>
  among.reduce((sum, trip) => sum + of(trip), 0) / among.length;

/** What the day has no part in. */
const kept = ({ id, title, country, themes, difficulty, durationDays }: DemoTrip) =>
  [id, title, country, themes, difficulty, durationDays] as const;

describe('the demo catalogue', () => {
  it('is the same for the same seed and day, to the letter', () => {
    const digest = (of: unknown) =>
      createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 16);
    expect(digest(trips)).toBe('98ccf193acab33bc');
    // The trips of before there were types of them.
    const withoutType = trips.map((trip) => {
      const { tripType, ...rest } = trip;
      expect(tripType).toBeTypeOf('string');
      return rest;
    });
    expect(digest(withoutType)).toBe('613f7be625435960');
  });

  it('is another for another seed', () => {
    expect(demoCatalogue(50, 8, DAY_MS)).not.toEqual(demoCatalogue(50, 7, DAY_MS));
  });

  it('holds the same trips on another day of the year, but for dates, seasons and what follows from them', () => {
    const later = demoCatalogue(200, 7, DAY_MS + 100 * 86_400_000);
    expect(later.map(kept)).toEqual(demoCatalogue(200, 7, DAY_MS).map(kept));
  });

  it('fits the columns of the default schema, with nothing missing', () => {
    const table = packItems(smarttrip.columns, trips.map(parseItem));
    for (const { spec, codes } of table.columns)
      expect(codes.includes(0), `${spec.name} has a missing value`).toBe(false);
  });

  it('has ten thousand different ids', () => {
    expect(new Set(trips.map(({ id }) => id)).size).toBe(10_000);
  });

  it('goes to countries of ISO 3166-1 only, each listed once', () => {
    const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
    const unknown = DEMO_PLACES.filter(({ country }) => names.of(country) === undefined);
    expect(unknown).toEqual([]);
    expect(new Set(DEMO_PLACES.map(({ country }) => country)).size).toBe(DEMO_PLACES.length);
  });

  it('knows every theme that a place is known for', () => {
    const themes = new Set(DEMO_PLACES.flatMap((place) => place.themes));
    expect([...themes].toSorted()).toEqual(Object.keys(DEMO_THEMES).toSorted());
  });

  it.each<[string, (trip: DemoTrip) => boolean]>([
    [
      'one to four different themes',
      (t) =>
        t.themes.length <= 4 && new Set(t.themes).size === t.themes.length && t.themes.length >= 1,
    ],
    ['a difficulty of 1 to 5', (t) => [1, 2, 3, 4, 5].includes(t.difficulty)],
    [
      'two days to five weeks',
      (t) => Number.isInteger(t.durationDays) && t.durationDays >= 2 && t.durationDays <= 35,
    ],
    [
      'a price in whole euro',
      (t) => Number.isInteger(t.price) && t.price >= 95 && t.price < 25_000,
    ],
    [
      'a departure on one of the next 540 days',
      (t) =>
        Date.parse(t.departure) > DAY_MS && Date.parse(t.departure) <= DAY_MS + 540 * 86_400_000,
    ],
    [
      'a title with its days',
      (t) => t.title.endsWith(`, ${t.durationDays} days`) && !t.title.includes('{'),
    ],
  ])('gives every trip %s', (_, holds) => {
    expect(trips.filter((trip) => !holds(trip))).toEqual([]);
  });

  it.each<[string, (trip: DemoTrip) => number, (trip: DemoTrip) => boolean]>([
    ['longer trips cost more', (t) => t.price, (t) => t.durationDays >= 12],
    ['far trips cost more', (t) => t.price, (t) => t.continent !== 'Europe'],
    ['hiking is harder', (t) => t.difficulty, (t) => t.themes[0] === 'hiking'],
    [
      'what departs soon is more often nearly sold out',
      (t) => Number(t.status === 'last_places'),
      (t) => Date.parse(t.departure) < DAY_MS + 60 * 86_400_000,
    ],
  ])('is plausible: %s', (_, of, among) => {
    const [yes, no] = [trips.filter(among), trips.filter((trip) => !among(trip))];
    expect(mean(of, yes)).toBeGreaterThan(1.2 * mean(of, no));
  });

  it.each(['open', 'guaranteed', 'last_places', 'full'])('has trips that are %s', (status) => {
    const share = trips.filter((trip) => trip.status === status).length / trips.length;
    expect(share).toBeGreaterThan(0.04);
  });
});
