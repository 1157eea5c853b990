import type { Continent, Theme } from './choices.ts';
import { numbersOf } from './numbers-of.ts';
import type { Trip } from './trip.ts';
import type { Speech } from './words/language.ts';

/** The name of a trip: the catalogue that ranks has none, so it is made of theme and country, the same each time. */
export function titleOf({ words, country }: Speech, { id, themes, country: code }: Trip): string {
  const [theme] = themes ?? [];
  const titles = words.titles[theme as Theme] ?? ['{}'];
  const place = code === undefined ? id : country(code);
  return titles[Math.floor(numbersOf(id)() * titles.length)].replace('{}', place);
}

/** Where it goes and what for. */
export const lineOf = ({ words, country }: Speech, trip: Trip): string =>
  [
    trip.country && country(trip.country),
    trip.continent && words.continent[trip.continent as Continent],
    ...(trip.themes ?? []).map((theme) => words.theme[theme as Theme] ?? theme),
  ]
    .filter(Boolean)
    .join(' · ');
