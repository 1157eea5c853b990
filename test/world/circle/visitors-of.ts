import { seededRandom } from '../../../shared/explore/random.ts';
import type { Behaviour } from '../demo/behaviour.ts';
import { drawClicks, expectedClicks, type Appeal, type ClickModel } from '../strata/click-model.ts';
import type { When, World } from '../strata/world.ts';

/** What the visitors of a world do, by the tastes that hold when they come. They book nothing. */
export function visitorsOf(world: World, when: When): Behaviour {
  const random = seededRandom(world.seed + 61);
  const appeal = (codes: Uint8Array, slots: number) => world.appeal({ codes, slots }, when);
  return {
    name: when,
    expected(codes, slots) {
      const own = appeal(codes, slots);
      return {
        clicks: expectedClicks(world.model, own),
        bookings: 0,
        ...firstClick(world.model, own),
      };
    },
    visit: (codes, slots) =>
      [...drawClicks(world.model, appeal(codes, slots), random).entries()]
        .filter(([, click]) => click > 0)
        .map(([slot]) => ({ slot, books: false })),
  };
}

/** How likely anything is clicked, and the mean of 1 ÷ the first slot that is. */
function firstClick({ looks, readsOn, randomClickers }: ClickModel, { liked, byChance }: Appeal) {
  const sum = { clicked: 0, reciprocalRank: 0 };
  const add = (share: number, chanceAt: (slot: number) => number, goesOn: number) => {
    let reading = share;
    for (let slot = 0; slot < liked.length; slot++) {
      const clicks = reading * chanceAt(slot);
      sum.clicked += clicks;
      sum.reciprocalRank += clicks / (slot + 1);
      reading = (reading - clicks) * goesOn;
    }
  };
  add(1 - randomClickers, (slot) => looks(slot) * liked[slot], readsOn[0]);
  add(randomClickers, () => byChance, 1);
  return sum;
}
