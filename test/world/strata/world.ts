import { seededRandom } from '../../../shared/explore/random.ts';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import type { Item } from '../../../shared/domain/item.ts';
import type { Visit } from '../../../shared/domain/rank-request.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { tripWishes } from '../trip-wishes.ts';
import { rankable, type RankableTable } from '../../../shared/score/rankable.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../../bench/support/trips.ts';
import { CLICK_MODELS, expectedClicks, type Appeal, type ClickModel } from './click-model.ts';
import { drawnFrom, poolOf, type Drawn } from './pool.ts';
import { additiveTaste, interactingTaste, type Taste } from './taste.ts';

const VISITORS = {
  additive: { model: CLICK_MODELS.gentle, taste: additiveTaste },
  interactions: { model: CLICK_MODELS.gentle, taste: interactingTaste },
  'position-biased': { model: CLICK_MODELS['position-biased'], taste: additiveTaste },
  cascade: { model: CLICK_MODELS.cascade, taste: additiveTaste },
  'random clickers': { model: CLICK_MODELS['random clickers'], taste: additiveTaste },
} as const satisfies Readonly<
  Record<string, { readonly model: ClickModel; readonly taste: (random: () => number) => Taste }>
>;

export type Visitors = keyof typeof VISITORS;
export interface Stratum {
  readonly visitors: Visitors;
  readonly items: number;
}

export const STRATA: Readonly<Record<string, Stratum>> = Object.fromEntries(
  (Object.keys(VISITORS) as Visitors[]).flatMap((visitors) =>
    [500, 10_000].map((items) => [`${visitors} ${items}`, { visitors, items }]),
  ),
);

/** Apart by more than any of the seeds that a world derives from its own. */
const APART = 100_000;

/** The seed of world `n` of a stratum. */
export const worldSeed = (stratum: string, seed: number, n: number): number =>
  (seed + n * Object.keys(STRATA).length + Object.keys(STRATA).indexOf(stratum)) * APART;

/** The hand-tuned weights, which know nothing of the visitors. */
export const RULES = additiveFromPoints(tripWishes, tripWishes.rules, {
  version: RULES_VERSION,
  name: 'rules',
});

export type When = 'now' | 'before' | 'often';

/** One site: a catalogue, visitors with a taste that only their clicks tell, and how often they come and click. */
export interface World {
  readonly seed: number;
  readonly stratum: Stratum;
  readonly items: readonly Item[];
  readonly table: RankableTable;
  /** When people come: features read it. */
  readonly nowMs: number;
  readonly model: ClickModel;
  /** @param when `before`: by the tastes that people had before; `often`: by those of now, and with MOST_CLICKS per ranking. */
  readonly appeal: (drawn: Pick<Drawn, 'codes' | 'slots'>, when?: When) => Appeal;
  /** Mean clicks per ranking that the rules earn. */
  readonly clicks: number;
  /** How many days a test with two equal arms would take to find a gain of 5 %. */
  readonly testDays: number;
  /** What people who come ask for: the same seed, the same people. */
  readonly visits: (count: number, seed: number) => Visit[];
}

const LEAST_CLICKS = 0.05;
const MOST_CLICKS = 1;
const TEST_DAYS = [4, 10] as const;
/** Rankings by which a world is brought to its clicks per ranking. */
const CALIBRATED_ON = 300;

/** A number between two others, uniform in its logarithm. */
export const logUniform = (random: () => number, [low, high]: readonly [number, number]): number =>
  low * (high / low) ** random();

export interface WorldOptions {
  /** Mean clicks per ranking that the rules earn; else drawn. */
  readonly clicks?: number;
  /** When people come; else `NOW_MS`. */
  readonly nowMs?: number;
  /** What they like; else as the stratum says. */
  readonly taste?: (random: () => number) => Taste;
}

export function drawWorld(
  stratum: Stratum,
  seed: number,
  { clicks: asked, nowMs = NOW_MS, taste: asOther }: WorldOptions = {},
): World {
  const random = seededRandom(seed);
  const { model, taste } = VISITORS[stratum.visitors];
  const drawTaste = asOther ?? taste;
  const tastes = { now: drawTaste(random), before: drawTaste(random) };
  const drawnClicks = logUniform(random, [LEAST_CLICKS, MOST_CLICKS]);
  const clicks = asked ?? drawnClicks;
  const testDays = logUniform(random, TEST_DAYS);
  const items = makeTrips(stratum.items, seed, nowMs);
  const table = rankable(packItems(tripWishes.columns, items));
  const visits = (count: number, own: number) => makeVisits(count, seed + own);
  const rules = visits(CALIBRATED_ON, seed + 1).map((visit, i) =>
    drawnFrom(poolOf(RULES, table, visit, nowMs), RULES, i),
  );
  const liking = (of: Taste, base: number) => (drawn: Pick<Drawn, 'codes' | 'slots'>) =>
    Float64Array.from({ length: drawn.slots }, (_, slot) => {
      const worth = of(drawn.codes, slot * tripWishes.features.length);
      return 1 / (1 + Math.exp(-base - worth));
    });
  /** So that the rules earn these clicks per ranking. */
  const clicked = (of: Taste, target: number) => {
    const appeal = (base: number) => (drawn: Pick<Drawn, 'codes' | 'slots'>) => ({
      liked: liking(of, base)(drawn),
      byChance: target / drawn.slots,
    });
    let [low, high] = [-15, 10];
    for (let step = 0; step < 20; step++) {
      const middle = (low + high) / 2;
      const sum = rules.reduce(
        (all, drawn) => all + expectedClicks(model, appeal(middle)(drawn)),
        0,
      );
      if (sum < target * rules.length) low = middle;
      else high = middle;
    }
    return appeal(low);
  };
  const appeals: Readonly<Record<When, ReturnType<typeof clicked>>> = {
    now: clicked(tastes.now, clicks),
    before: clicked(tastes.before, clicks),
    often: clicked(tastes.now, MOST_CLICKS),
  };
  return {
    seed,
    stratum,
    items,
    table,
    nowMs,
    model,
    appeal: (drawn, when = 'now') => appeals[when](drawn),
    clicks,
    testDays,
    visits,
  };
}

/** The same world while other tastes hold. */
export const asOf = (world: World, when: When): World => ({
  ...world,
  appeal: (drawn, at = when) => world.appeal(drawn, at),
});
