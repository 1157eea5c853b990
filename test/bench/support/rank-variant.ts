import { readFileSync } from 'node:fs';
import { demoCatalogue, type DemoTrip } from '../../../backend/catalogue/demo.ts';
import { parseItem } from '../../../shared/domain/item.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { firstIndex } from '../../../shared/features/columns/binary-search.ts';
import { bucketCount, parseSchema, type Schema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import type { Live } from './demo-edge.ts';
import { rankBodies } from './rank-bodies.ts';

/** What `/v1/rank` is measured on, and for how long. */
export interface RankVariant {
  readonly items: number;
  /** `now`: the default schema. `before`: as it was before segments of people and seasons came in; it stays as it is. */
  readonly schema: 'now' | 'before';
  /** `correlated`: demo trips. `independent`: the same trips with the values of each attribute dealt out afresh. */
  readonly attributes: 'correlated' | 'independent';
  /** Every visitor has touched five items. */
  readonly recent: boolean;
  /** Every bucket has a weight of its own, as learned weights have, where rules leave most at 0. */
  readonly learned: boolean;
  /** Deltas of learning as people click arrive four times a second. */
  readonly deltas: boolean;
  /**
   * `different`: each has wishes of their own, so that hardly two requests are alike. `zipf`: many ask for the same, the n-th most
   * frequent wishes in proportion to 1 / n.
   */
  readonly visitors: 'different' | 'zipf';
  /** Fewer and shorter rounds under many connections only: ratios of processor time are told, p99 hardly. */
  readonly quick: boolean;
}

export const DEFAULT_VARIANT: RankVariant = {
  items: 10_000,
  schema: 'now',
  attributes: 'correlated',
  recent: false,
  learned: false,
  deltas: false,
  visitors: 'different',
  quick: false,
};

/** The schema that rankings were measured with before there were segments and seasons. */
const before = (): Schema =>
  parseSchema(
    JSON.parse(
      readFileSync(new URL('../../golden/smarttrip-1.schema.json', import.meta.url), 'utf8'),
    ),
  );

export function liveOf(
  { items, schema: of, attributes, learned }: RankVariant,
  seed: number,
): Live {
  const schema = of === 'now' ? smarttrip : before();
  const trips = demoCatalogue(items, seed, Date.now());
  return {
    schema,
    items: (attributes === 'correlated' ? trips : dealtAfresh(trips, seed)).map(parseItem),
    points: learned ? learnedPoints(schema, seed) : schema.rules,
    traffic: {},
  };
}

/** Each attribute keeps its values, but what a trip has of one says nothing about what it has of another. */
function dealtAfresh(trips: readonly DemoTrip[], seed: number): DemoTrip[] {
  const random = seededRandom(seed + 1);
  const columns = Object.keys(trips[0])
    .filter((name) => name !== 'id')
    .map((name) => [
      name,
      shuffled(
        trips.map((trip) => trip[name as keyof DemoTrip]),
        random,
      ),
    ]);
  return trips.map(({ id }, row) =>
    Object.assign({ id }, Object.fromEntries(columns.map(([name, values]) => [name, values[row]]))),
  ) as DemoTrip[];
}

/** Fisher and Yates. */
function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const all = [...values];
  for (let left = all.length; left > 1; left--) {
    const drawn = Math.floor(random() * left);
    [all[left - 1], all[drawn]] = [all[drawn], all[left - 1]];
  }
  return all;
}

/** Points that learned weights spread by around the rules. */
const SPREAD_POINTS = 4;

function learnedPoints(schema: Schema, seed: number): Record<string, number[]> {
  const random = seededRandom(seed + 2);
  return Object.fromEntries(
    schema.features.map((spec) => [
      spec.name,
      Array.from(
        { length: bucketCount(spec) },
        (_, bucket) =>
          (schema.rules[spec.name]?.[bucket] ?? 0) + SPREAD_POINTS * (2 * random() - 1),
      ),
    ]),
  );
}

const TOUCHES = 5;
const TYPES = ['seen', 'seen', 'saved', 'skipped', 'seen'];

/** How many different wishes there are where many ask for the same. */
const WISHES = 4096;

export function bodiesOf(
  { recent, visitors }: RankVariant,
  { items }: Live,
  count: number,
  seed: number,
): Record<string, unknown>[] {
  const bodies =
    visitors === 'different'
      ? rankBodies(count, seed)
      : zipfBodies(rankBodies(WISHES, seed), count, seed);
  if (!recent) return bodies;
  const random = seededRandom(seed + 3);
  return bodies.map((body) => ({
    ...body,
    consent: 'personalise',
    recent: {
      items: Array.from({ length: TOUCHES }, (_, i) => ({
        itemId: items[Math.floor(random() * items.length)].id,
        type: TYPES[i],
        agoHours: 1 + i,
      })),
    },
  }));
}

/** `count` requests, the n-th of the given ones in proportion to 1 / n (G. K. Zipf), each of a session of its own. */
function zipfBodies(
  wishes: readonly Record<string, unknown>[],
  count: number,
  seed: number,
): Record<string, unknown>[] {
  const random = seededRandom(seed + 4);
  let total = 0;
  const upTo = wishes.map((_, n) => (total += 1 / (n + 1)));
  return Array.from({ length: count }, (_, i) => {
    const at = random() * total;
    const n = firstIndex(0, upTo.length - 1, (one) => upTo[one] > at);
    return { ...wishes[n], sessionId: `session-${seed}-${i}` };
  });
}
