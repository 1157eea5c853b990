/** What a theme makes of a trip: usual difficulty 1..5, usual days, cost of a day beside the average, and titles. */
export interface DemoTheme {
  readonly difficulty: number;
  readonly days: number;
  readonly cost: number;
  /** `{}` is where the region goes. */
  readonly titles: readonly string[];
}

export const DEMO_THEMES: Readonly<Record<string, DemoTheme>> = {
  adventure: {
    difficulty: 3.8,
    days: 11,
    cost: 1.15,
    titles: ['{} adventure', 'Wild {}', 'Off the map in {}'],
  },
  beach: {
    difficulty: 1.2,
    days: 8,
    cost: 1,
    titles: ['Beaches of {}', '{} by the sea', 'Slow days in {}'],
  },
  city: { difficulty: 1.4, days: 5, cost: 1.25, titles: ['{} in depth', 'A long stay in {}'] },
  culture: {
    difficulty: 1.7,
    days: 10,
    cost: 1,
    titles: ['{} and its people', 'Festivals of {}', 'Crafts of {}'],
  },
  cycling: {
    difficulty: 3.2,
    days: 8,
    cost: 0.95,
    titles: ['{} by bicycle', 'Cycling {}', '{} on two wheels'],
  },
  family: {
    difficulty: 1.5,
    days: 9,
    cost: 1.05,
    titles: ['{} with children', 'Family days in {}'],
  },
  food: {
    difficulty: 1.3,
    days: 7,
    cost: 1.2,
    titles: ['A taste of {}', 'Kitchens of {}', '{} at the table'],
  },
  hiking: {
    difficulty: 3.4,
    days: 9,
    cost: 0.85,
    titles: ['{} on foot', 'Trails of {}', 'Hut to hut in {}'],
  },
  history: {
    difficulty: 1.6,
    days: 9,
    cost: 1,
    titles: ['{} through the ages', 'Old stones of {}'],
  },
  photography: {
    difficulty: 2.4,
    days: 9,
    cost: 1.3,
    titles: ['The light of {}', '{} through the lens'],
  },
  sailing: { difficulty: 2.2, days: 8, cost: 1.35, titles: ['Sailing {}', '{} under sail'] },
  snow: { difficulty: 2.9, days: 7, cost: 1.3, titles: ['{} in the snow', 'Winter in {}'] },
  wellness: { difficulty: 1, days: 6, cost: 1.3, titles: ['A quiet week in {}', '{} retreat'] },
  wildlife: {
    difficulty: 2.1,
    days: 11,
    cost: 1.35,
    titles: ['Wildlife of {}', '{} on safari', 'Watching wildlife in {}'],
  },
};
