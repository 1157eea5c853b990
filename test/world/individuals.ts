import type { PastTouch } from '../../shared/domain/visitor-history.ts';
import { attributesAt } from '../../shared/features/columns/item-table.ts';
import { catalogueOf, type People, type Person } from './people.ts';
import { DEMO_THEMES } from '../../backend/catalogue/demo-themes.ts';

/** Standard deviation of what a person likes better or worse than another, log-odds. */
const OF_THEMES = 1;
const OF_CONTINENTS = 0.8;
const OF_PRICES = 0.8;
/** How many items a person met before. */
const MET = 14;
/** People remember so long. */
const DAYS = 60;

/**
 * Visitors of whom no two like the same, and who wish nothing: only what they did before tells what they like.
 * @param known the share of visitors who have a past and consent to its use.
 */
export function individuals(seed: number, known: number): People {
  const table = catalogueOf(seed);
  const items = Array.from(table.table.ids, (id, row) => {
    const { themes, continent, price } = attributesAt(table.table, row);
    return {
      id,
      themes: themes as readonly string[],
      continent: continent as string,
      price: price as number,
    };
  });
  const themes = Object.keys(DEMO_THEMES);
  const continents = [...new Set(items.map(({ continent }) => continent))];

  const person = (draw: () => number): Person => {
    const normal = () => (draw() + draw() + draw() - 1.5) * 2;
    const of = (names: readonly string[], spread: number) =>
      new Map(names.map((name) => [name, spread * normal()]));
    const [byTheme, byContinent] = [of(themes, OF_THEMES), of(continents, OF_CONTINENTS)];
    const dear = OF_PRICES * normal();
    const worth = Float64Array.from(
      items,
      (item) =>
        item.themes.reduce((sum, theme) => sum + byTheme.get(theme)!, 0) /
          Math.sqrt(item.themes.length) +
        byContinent.get(item.continent)! +
        dear * Math.max(-1.5, Math.min(1.5, Math.log(item.price / 1500))),
    );
    const chance = (logOdds: number) => 1 / (1 + Math.exp(-logOdds));
    const touches = Array.from({ length: MET }, (): PastTouch => {
      const row = Math.floor(draw() * items.length);
      const agoHours = 24 * Math.floor(1 + draw() * DAYS);
      const [saves, books, skips] = [-1, -3, -1].map(
        (usual, i) => draw() < chance(usual + (i === 2 ? -1 : 1) * worth[row]),
      );
      const type = books ? 'booked' : saves ? 'saved' : skips ? 'skipped' : 'seen';
      return { itemId: items[row].id, type, agoHours };
    });
    const liked = themes.toSorted((a, b) => byTheme.get(b)! - byTheme.get(a)!);
    const searches =
      draw() < 0.5
        ? [{ preferences: { themes: liked.slice(0, 2) }, agoHours: 24 * Math.floor(draw() * DAYS) }]
        : [];
    const history = {
      items: touches.toSorted((a, b) => b.agoHours - a.agoHours),
      searches,
    };
    const isKnown = draw() < known;
    return {
      visit: { preferences: {}, context: {}, recent: [], ...(isKnown && { history }) },
      worth,
    };
  };
  return { table, person };
}

export const PERSONAL = [
  'seen-before',
  'liked-themes',
  'seen-themes',
  'skipped-themes',
  'liked-continents',
  'liked-prices',
  'searched-themes',
  'searched-continents',
];
