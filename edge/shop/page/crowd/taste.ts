import { CONTINENTS, THEMES } from '../choices.ts';
import type { Trip } from '../trip.ts';

const pick = <T>(random: () => number, list: readonly T[]): T =>
  list[Math.floor(random() * list.length)];

/** What everybody likes of a trip, in log-odds of a click. No request says it, so that only clicks tell. */
export interface Fashion {
  readonly themes: Readonly<Record<string, number>>;
  readonly continents: Readonly<Record<string, number>>;
  /** By how much each thousand euro above the first puts people off. */
  readonly price: number;
}

/** One visitor. */
export interface Person {
  /** They like these beyond the fashion. */
  readonly themes: readonly string[];
  /** What they type into the search; some type nothing. */
  readonly wishes: Readonly<Record<string, readonly string[] | number>>;
}

const SPREAD = 1.6;
const FAVOURITE = 2;
/** Log-odds of a click on a trip about which nobody cares. */
const USUAL = -3.6;

export function fashion(random: () => number): Fashion {
  const liking = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, SPREAD * (2 * random() - 1)]));
  return { themes: liking(THEMES), continents: liking(CONTINENTS), price: 0.25 };
}

export function person(random: () => number): Person {
  const themes = [pick(random, THEMES), pick(random, THEMES)];
  return { themes, wishes: random() < 0.3 ? { themes: [themes[0]] } : {} };
}

/** The chance that a person who looks at the trip clicks it. */
export function chanceOf({ themes, continents, price }: Fashion, who: Person, trip: Trip): number {
  const own = trip.themes ?? [];
  const mean = own.reduce((sum, theme) => sum + (themes[theme] ?? 0), 0) / Math.max(1, own.length);
  const logOdds =
    USUAL +
    mean +
    (continents[trip.continent ?? ''] ?? 0) / 2 +
    FAVOURITE * own.filter((theme) => who.themes.includes(theme)).length -
    price * Math.max(0, (trip.price ?? 1000) / 1000 - 1);
  return 1 / (1 + Math.exp(-logOdds));
}

/** Looks at each slot with probability 1/√slot and clicks what is liked. @returns the slots that were clicked, from 0. */
export const clicksOf = (chances: readonly number[], random: () => number): number[] =>
  chances.flatMap((chance, slot) => (random() < chance / Math.sqrt(slot + 1) ? [slot] : []));
