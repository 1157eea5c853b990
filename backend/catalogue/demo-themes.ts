/** What a theme makes of a trip: usual difficulty 1..5, usual days, cost of a day beside the average, type of trip, and titles. */
export interface DemoTheme {
  readonly difficulty: number;
  readonly days: number;
  readonly cost: number;
  readonly tripType: string;
  /** `{}` is where the region goes. */
  readonly titles: readonly string[];
}

export const DEMO_THEMES: Readonly<Record<string, DemoTheme>> = {
  adventure: {
    tripType: 'active',
    difficulty: 3.8,
    days: 11,
    cost: 1.15,
    titles: ['{} adventure', 'Wild {}', 'Off the map in {}'],
  },
  beach: {
    tripType: 'relaxing',
    difficulty: 1.2,
    days: 8,
    cost: 1,
    titles: ['Beaches of {}', '{} by the sea', 'Slow days in {}'],
  },
  city: {
    tripType: 'cultural',
    difficulty: 1.4,
    days: 5,
    cost: 1.25,
    titles: ['{} in depth', 'A long stay in {}'],
  },
  culture: {
    tripType: 'cultural',
    difficulty: 1.7,
    days: 10,
    cost: 1,
    titles: ['{} and its people', 'Festivals of {}', 'Crafts of {}'],
  },
  cycling: {
    tripType: 'active',
    difficulty: 3.2,
    days: 8,
    cost: 0.95,
    titles: ['{} by bicycle', 'Cycling {}', '{} on two wheels'],
  },
  family: {
    tripType: 'family',
    difficulty: 1.5,
    days: 9,
    cost: 1.05,
    titles: ['{} with children', 'Family days in {}'],
  },
  food: {
    tripType: 'cultural',
    difficulty: 1.3,
    days: 7,
    cost: 1.2,
    titles: ['A taste of {}', 'Kitchens of {}', '{} at the table'],
  },
  hiking: {
    tripType: 'active',
    difficulty: 3.4,
    days: 9,
    cost: 0.85,
    titles: ['{} on foot', 'Trails of {}', 'Hut to hut in {}'],
  },
  history: {
    tripType: 'cultural',
    difficulty: 1.6,
    days: 9,
    cost: 1,
    titles: ['{} through the ages', 'Old stones of {}'],
  },
  photography: {
    tripType: 'nature',
    difficulty: 2.4,
    days: 9,
    cost: 1.3,
    titles: ['The light of {}', '{} through the lens'],
  },
  sailing: {
    tripType: 'active',
    difficulty: 2.2,
    days: 8,
    cost: 1.35,
    titles: ['Sailing {}', '{} under sail'],
  },
  snow: {
    tripType: 'active',
    difficulty: 2.9,
    days: 7,
    cost: 1.3,
    titles: ['{} in the snow', 'Winter in {}'],
  },
  wellness: {
    tripType: 'relaxing',
    difficulty: 1,
    days: 6,
    cost: 1.3,
    titles: ['A quiet week in {}', '{} retreat'],
  },
  wildlife: {
    tripType: 'nature',
    difficulty: 2.1,
    days: 11,
    cost: 1.35,
    titles: ['Wildlife of {}', '{} on safari', 'Watching wildlife in {}'],
  },
};
