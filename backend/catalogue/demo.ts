import { DAY_MS, floorToDay } from '../../shared/domain/utc-day.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { DEMO_PLACES, type DemoPlace } from './demo-places.ts';
import { DEMO_THEMES } from './demo-themes.ts';

/** A trip that fits the smarttrip schema's columns, in the flat form in which items are sent. */
export interface DemoTrip {
  readonly id: string;
  readonly title: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly continent: string;
  readonly themes: readonly string[];
  /** 1 (anyone) to 5 (experts). */
  readonly difficulty: number;
  readonly durationDays: number;
  /** Euro per person. */
  readonly price: number;
  /** ISO date. */
  readonly departure: string;
  readonly status: 'open' | 'guaranteed' | 'last_places' | 'full';
  /** What it is for, by its main theme. */
  readonly tripType: string;
}

const FARTHEST_DEPARTURE_DAYS = 540;
const DAILY_COST = 135;
/** The price of getting there in euro; the demo's travellers start in Europe. */
const FARE: Readonly<Record<string, number>> = {
  Europe: 180,
  Asia: 720,
  Africa: 610,
  'North America': 690,
  'South America': 880,
  Oceania: 1250,
};

/**
 * `count` trips that depart within 18 months of `dayMs` (epoch ms): the same seed and day give the same trips.
 * Price follows place, theme, days, difficulty and season; status follows how soon the trip departs.
 */
export function demoCatalogue(count: number, seed: number, dayMs: number): DemoTrip[] {
  const random = seededRandom(seed);
  const digits = String(count).length;
  return Array.from({ length: count }, (_, i) =>
    demoTrip(`trip-${String(i + 1).padStart(digits, '0')}`, random, dayMs),
  );
}

function demoTrip(id: string, random: () => number, dayMs: number): DemoTrip {
  const place = pickPlace(random());
  const themes = pickThemes(place, random);
  const theme = DEMO_THEMES[themes[0]];
  const isFar = place.continent !== 'Europe';
  const difficulty = clamp(Math.round(theme.difficulty + spread(random) * 0.9), 1, 5);
  const durationDays = clamp(
    Math.round(theme.days * (isFar ? 1.35 : 0.95) * Math.exp(spread(random) * 0.3)),
    2,
    35,
  );
  // Squared: more trips are on sale for the coming months than for next year.
  const daysAhead = 1 + Math.floor(random() ** 2 * FARTHEST_DEPARTURE_DAYS);
  const departureMs = floorToDay(dayMs) + daysAhead * DAY_MS;
  const month = new Date(departureMs).getUTCMonth();
  const season = 1 + 0.14 * Math.cos(((month - 6.5) / 6) * Math.PI);
  const euro =
    (FARE[place.continent] +
      durationDays * DAILY_COST * place.cost * theme.cost * (1 + 0.04 * (difficulty - 3))) *
    season *
    Math.exp(spread(random) * 0.16);
  return {
    id,
    title: title(place, theme.titles, durationDays, random),
    country: place.country,
    continent: place.continent,
    themes,
    difficulty,
    durationDays,
    price: Math.max(95, Math.round(euro / 10) * 10 - 5),
    departure: new Date(departureMs).toISOString().slice(0, 10),
    status: pickStatus(random(), daysAhead),
    tripType: theme.tripType,
  };
}

const TOTAL_POPULARITY = DEMO_PLACES.reduce((sum, { popularity }) => sum + popularity, 0);

function pickPlace(draw: number): DemoPlace {
  let left = draw * TOTAL_POPULARITY;
  return DEMO_PLACES.find(({ popularity }) => (left -= popularity) < 0) ?? DEMO_PLACES.at(-1)!;
}

/** One to four of the place's themes, the main one first; themes that are listed first are drawn most often. */
function pickThemes(place: DemoPlace, random: () => number): string[] {
  const left = [...place.themes];
  const draw = () => left.splice(Math.floor(random() ** 1.6 * left.length), 1)[0];
  const wanted = 1 + Math.floor(random() ** 1.3 * 4);
  return Array.from({ length: Math.min(wanted, left.length) }, draw);
}

function pickStatus(draw: number, daysAhead: number): DemoTrip['status'] {
  const soon = Math.exp(-daysAhead / 120);
  if (draw < 0.03 + 0.12 * soon) return 'full';
  if (draw < 0.07 + 0.3 * soon) return 'last_places';
  return draw < 0.12 + 0.6 * soon ? 'guaranteed' : 'open';
}

function title(
  place: DemoPlace,
  titles: readonly string[],
  days: number,
  random: () => number,
): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)];
  return `${pick(titles).replace('{}', pick(place.regions))}, ${days} days`;
}

/** Roughly normal, mean 0, deviation 1: the sum of three uniform draws. */
const spread = (random: () => number) => (random() + random() + random() - 1.5) * 2;

const clamp = (value: number, least: number, most: number) =>
  Math.min(Math.max(value, least), most);
