import { drawsByChance } from '../../shared/domain/exploration.ts';
import { interleave, type Team } from '../../shared/explore/interleave.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { drawSlate } from '../../shared/explore/slate.ts';

/** How visitors go through a slate. */
export type ClickModel = 'position' | 'cascade';

const SLOTS = 8;
const ITEMS = 30;
const CONTEXTS = 48;
/** Slates of each version alone, and interleaved ones, that stand for all that chance may draw for a context. */
const DRAWS = 8;
const DRAFTS = 32;
/** As of a version whose scores are log odds: 20 points are a factor e in the odds of a click. */
const POINTS_PER_TASTE = 20 * 0.8;

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
 * @param pointsPerTaste of champion and challenger: the closer together the points of a version lie, the more exploration disturbs its order.
 * @param exploration by which both serve, and draft where they are interleaved.
 */
export function rolloutWorld(
  random: () => number,
  {
    model,
    rate,
    errors,
    pointsPerTaste = [POINTS_PER_TASTE, POINTS_PER_TASTE],
    exploration,
  }: {
    readonly model: ClickModel;
    readonly rate: number;
    readonly errors: readonly [number, number];
    readonly pointsPerTaste?: readonly [number, number];
    readonly exploration: Team<number>['exploration'];
  },
): RolloutWorld {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const contexts = Array.from({ length: CONTEXTS }, () => {
    const tastes = Array.from({ length: ITEMS }, normal);
    const [champion, challenger] = errors.map((error, version): Team<number> => {
      const scores = tastes.map((taste) => taste + error * normal());
      const items = scores.map((_, i) => i).toSorted((a, b) => scores[b] - scores[a]);
      const points = items.map((i) => pointsPerTaste[version] * scores[i]);
      return { items, points, exploration };
    });
    const appeal = tastes.map((taste) => Math.exp(0.8 * taste));
    return { appeal, teams: [champion, challenger] as const };
  });
  const attraction = (appeal: readonly number[], scale: number) => (item: number) =>
    Math.min(0.95, scale * appeal[item]);
  const served = [0, 1].map((version) =>
    contexts.flatMap(({ appeal, teams }) =>
      slatesOf(teams[version]).map((items) => ({ appeal, items })),
    ),
  );
  const throughOf = (version: number, scale: number) =>
    served[version].reduce(
      (sum, { appeal, items }) => sum + clickThrough(items.map(attraction(appeal, scale)), model),
      0,
    ) / served[version].length;
  let [low, high] = [0, 1];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (throughOf(0, middle) < rate) low = middle;
    else high = middle;
  }
  const drafts = () =>
    contexts.map(({ appeal, teams }) =>
      Array.from({ length: DRAFTS }, (_, seed): Slate => {
        const drafted = interleave(teams, SLOTS, seededRandom(seed));
        if (!drafted.some(({ differs }) => differs)) return UNEXPOSED;
        return {
          attraction: Float64Array.from(drafted, ({ item }) => attraction(appeal, low)(item)),
          teams: Uint8Array.from(drafted, ({ team }) => team),
        };
      }),
    );
  let slates: Slate[][] | undefined;
  const [champion, challenger] = [throughOf(0, low), throughOf(1, low)];
  return {
    champion,
    challenger,
    gain: challenger / champion - 1,
    interleavedSession() {
      const own = (slates ??= drafts())[Math.floor(random() * CONTEXTS)];
      return clicksIn(own[Math.floor(random() * DRAFTS)], model, random);
    },
  };
}

/** Where both versions would have picked the same, no click counts. */
const UNEXPOSED: Slate = { attraction: new Float64Array(0), teams: new Uint8Array(0) };

/** What one version serves, by draws of which all are equally likely. */
const slatesOf = ({ items, points, exploration }: Team<number>): number[][] =>
  Array.from({ length: drawsByChance(exploration) ? DRAWS : 1 }, (_, seed) =>
    drawSlate(points, SLOTS, exploration, seededRandom(seed)).map(({ index }) => items[index]),
  );

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
