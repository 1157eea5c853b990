/** What can be chosen in the search, by the values that the demo catalogue has. */
export const THEMES = [
  'adventure',
  'beach',
  'city',
  'culture',
  'cycling',
  'family',
  'food',
  'hiking',
  'history',
  'photography',
  'sailing',
  'snow',
  'wellness',
  'wildlife',
] as const;
export type Theme = (typeof THEMES)[number];

/** ISO 3166-1 alpha-2 by continent. */
export const COUNTRIES = {
  Africa: 'BW CV EG ET GH KE MA MG MU NA RW SC SN TN TZ UG ZA ZM',
  Asia: 'AE AM BT CN GE ID IL IN JO JP KG KH KR LA LK MN MV MY NP OM PH SG TH TR UZ VN',
  Europe:
    'AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LT LV ME MT NL NO PL PT RO RS SE SI SK',
  'North America': 'BZ CA CR CU DO GT JM MX NI PA US',
  Oceania: 'AU FJ NZ PF WS',
  'South America': 'AR BO BR CL CO EC PE UY',
} as const;
export type Continent = keyof typeof COUNTRIES;
export const CONTINENTS = Object.keys(COUNTRIES) as Continent[];

/** Days, both ends included; the last has no end. */
export const DURATIONS = [
  [1, 5],
  [6, 9],
  [10, 14],
  [15, undefined],
] as const;

/** Euro per person. */
export const BUDGETS = [600, 1000, 1500, 2500, 4000] as const;

export const DIFFICULTIES = [1, 2, 3, 4, 5] as const;
