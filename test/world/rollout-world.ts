import { interleave } from '../../shared/explore/interleave.ts';

/** How visitors go through a slate. */
export type ClickModel = 'position' | 'cascade';

const SLOTS = 8;
const ITEMS = 30;
const CONTEXTS = 48;
const ROUNDS = SLOTS / 2;

/** One slate: how likely each slot is to be clicked when it is looked at, and whose item it is (1: the challenger's). */
interface Slate {
  readonly attraction: Float64Array;
  readonly teams: Uint8Array;
}

/** A champion and a challenger who rank the same items for visitors of several kinds, all of them equally many. */
export interface RolloutWorld {
  /** Share of the sessions in which something is clicked. */
  readonly champion: number;
  readonly challenger: number;
  /** Relative. */
  readonly gain: number;
  /** Clicked slots of the challenger's and of the champion's items in one interleaved session. */
  readonly interleavedSession: () => { readonly control: number; readonly treatment: number };
}

/**
 * Draws tastes, and two versions that see them with errors of their own.
 * @param rate the champion's click-through, about. @param errors of champion and challenger, in the unit of the tastes.
 */
export function rolloutWorld(
  random: () => number,
  {
    model,
    rate,
    errors,
  }: {
    readonly model: ClickModel;
    readonly rate: number;
    readonly errors: readonly [number, number];
  },
): RolloutWorld {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const contexts = Array.from({ length: CONTEXTS }, () => {
    const tastes = Array.from({ length: ITEMS }, normal);
    const lists = errors.map((error) => {
      const scores = tastes.map((taste) => taste + error * normal());
      return scores
        .map((_, i) => i)
        .toSorted((a, b) => scores[b] - scores[a])
        .slice(0, SLOTS);
    });
    return { tastes, lists };
  });
  const attraction = (tastes: readonly number[], scale: number) => (item: number) =>
    Math.min(0.95, scale * Math.exp(0.8 * tastes[item]));
  const throughOf = (version: number, scale: number) =>
    contexts.reduce(
      (sum, { tastes, lists }) =>
        sum + clickThrough(lists[version].map(attraction(tastes, scale)), model),
      0,
    ) / CONTEXTS;
  let [low, high] = [0, 1];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (throughOf(0, middle) < rate) low = middle;
    else high = middle;
  }
  const slates = contexts.map(({ tastes, lists }) =>
    Array.from({ length: 2 ** ROUNDS }, (_, coins): Slate => {
      let round = 0;
      const drafted = interleave([lists[0], lists[1]], SLOTS, () =>
        ((coins >> round++) & 1) === 0 ? 0 : 0.9,
      );
      return {
        attraction: Float64Array.from(drafted, ({ item }) => attraction(tastes, low)(item)),
        teams: Uint8Array.from(drafted, ({ team }) => team),
      };
    }),
  );
  const [champion, challenger] = [throughOf(0, low), throughOf(1, low)];
  return {
    champion,
    challenger,
    gain: challenger / champion - 1,
    interleavedSession() {
      const drafts = slates[Math.floor(random() * CONTEXTS)];
      return clicksIn(drafts[Math.floor(random() * drafts.length)], model, random);
    },
  };
}

/** Position-biased: slot s is looked at with probability 1/log₂(s + 1), whatever was clicked. Cascade: from above, until a click. */
const examined = (slot: number, model: ClickModel) =>
  model === 'position' ? 1 / Math.log2(slot + 2) : 1;

const clickThrough = (attraction: readonly number[], model: ClickModel) =>
  1 - attraction.reduce((none, a, slot) => none * (1 - a * examined(slot, model)), 1);

function clicksIn({ attraction, teams }: Slate, model: ClickModel, random: () => number) {
  const clicks = { control: 0, treatment: 0 };
  for (let slot = 0; slot < attraction.length; slot++) {
    if (random() >= attraction[slot] * examined(slot, model)) continue;
    if (teams[slot] === 0) clicks.control++;
    else clicks.treatment++;
    if (model === 'cascade') break;
  }
  return clicks;
}
