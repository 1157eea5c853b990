/** The rule-based trip score as one would write it by hand: plain ifs over plain fields, in points. */

export interface Trip {
  readonly themes?: readonly string[];
  readonly difficulty?: number;
  readonly durationDays?: number;
  readonly price?: number;
  readonly status?: string;
  readonly departureMs?: number;
  readonly continent?: string;
  readonly country?: string;
}

export interface Wishes {
  readonly themes?: readonly string[];
  readonly difficulty?: number;
  readonly durationDays?: { readonly min: number; readonly max: number };
  readonly budget?: number;
  readonly continents?: readonly string[];
  readonly countries?: readonly string[];
}

const BASE = 30;
const THEME_FULL = 25;
const THEME_PARTIAL = 12;
const THEME_PENALTY = -15;
const DIFFICULTY_PERFECT = 15;
const DURATION_IDEAL = 12;
const DURATION_GOOD = 8;
const BUDGET_PERFECT = 12;
const BUDGET_GOOD = 8;
const BUDGET_ACCEPTABLE = 5;
const STATUS_GUARANTEED = 7;
const STATUS_LAST_PLACES = 15;
const DEPARTING_SOON = 7;
const GEO_DIRECT_COUNTRY = 15;
const GEO_CONTINENT = 5;
const DAY_MS = 24 * 60 * 60 * 1000;

export function ruleScore(trip: Trip, wishes: Wishes, nowMs: number): number {
  let score = BASE;
  if (trip.themes?.length && wishes.themes?.length) {
    const shared = trip.themes.filter((theme) => wishes.themes!.includes(theme)).length;
    if (shared === 0) score += THEME_PENALTY;
    if (shared === 1) score += THEME_PARTIAL;
    if (shared >= 2) score += THEME_FULL;
  }
  if (trip.difficulty !== undefined && trip.difficulty === wishes.difficulty)
    score += DIFFICULTY_PERFECT;
  if (trip.durationDays !== undefined && wishes.durationDays !== undefined) {
    const { min, max } = wishes.durationDays;
    if (trip.durationDays >= min && trip.durationDays <= max) score += DURATION_IDEAL;
    else if (trip.durationDays >= min - 4 && trip.durationDays <= max + 4) score += DURATION_GOOD;
  }
  if (trip.price !== undefined && wishes.budget !== undefined) {
    const [priceCents, budgetCents] = [trip.price, wishes.budget].map((x) => Math.round(x * 100));
    if (priceCents <= budgetCents) score += BUDGET_PERFECT;
    else if (priceCents * 10 <= budgetCents * 11) score += BUDGET_GOOD;
    else if (priceCents * 10 <= budgetCents * 12) score += BUDGET_ACCEPTABLE;
  }
  if (trip.status === 'guaranteed') score += STATUS_GUARANTEED;
  if (trip.status === 'last_places') score += STATUS_LAST_PLACES;
  if (trip.departureMs !== undefined) {
    const inMs = trip.departureMs - nowMs;
    if (inMs >= 0 && inMs <= 30 * DAY_MS) score += DEPARTING_SOON;
  }
  if (trip.country !== undefined && wishes.countries?.includes(trip.country))
    score += GEO_DIRECT_COUNTRY;
  else if (trip.continent !== undefined && wishes.continents?.includes(trip.continent))
    score += GEO_CONTINENT;
  return score;
}

/** Full and departed trips may not be shown, whatever their score. */
export function mayBeShown(trip: Trip, nowMs: number): boolean {
  if (trip.status === 'full') return false;
  return trip.departureMs === undefined || trip.departureMs >= nowMs;
}
