import { drawsByChance, type ExplorationSpec } from '../domain/exploration.ts';
import { NextItem, type Restriction } from './next-item.ts';

/** What one version would draw its slate from, alone. */
export interface Team<T> {
  /** Its pool: best first, without duplicates. */
  readonly items: readonly T[];
  /** Scores of the pool in points. */
  readonly points: readonly number[];
  readonly exploration: Pick<ExplorationSpec, 'temperature' | 'epsilon'>;
  /** What it shows on as many slots from the top, none of which it draws: the first of these that is not shown yet. */
  readonly first?: readonly T[];
  /** Under rules: which of its pool may stand next. Slots up to `first` then hold the best of these. */
  readonly restriction?: Restriction;
}

/** What two teams have to keep to together. */
export interface SharedRules<T> {
  /** What stands in a slot, from 0, whoever picks; it is in neither pool. */
  pinned(slot: number): T | undefined;
  /** Called for each slot from the top. @param item undefined: it was pinned. */
  shown(item: T | undefined): void;
}

/** One slot of an interleaved slate. */
export interface InterleavedSlot<T> {
  readonly item: T;
  /** Index of the team that picked the item and gets the credit for its clicks; 2 where it was pinned, and neither did. */
  readonly team: 0 | 1 | typeof NEITHER;
  /** Probability of this item at this slot, given the items above: exact. */
  readonly propensity: number;
  /** Whether the other team, given the same items above and the same random number, would have picked another item. */
  readonly differs: boolean;
}

export const NEITHER = 2;

/**
 * Team-draft interleaving (F. Radlinski, M. Kurup and T. Joachims, "How Does Clickthrough Data Reflect Retrieval
 * Quality?", CIKM 2008, algorithm 2), of which every pick is a draw: in each round of two slots a fair coin decides which
 * team picks first, and then each team picks from what of its pool is not shown yet, by the distribution by which its
 * version alone would fill the next slot (`NextItem`). So visitors see of each version what it serves. Where neither
 * team explores, each picks the best of its pool, as in the paper.
 *
 * Both teams have picked equally often before each round, so only the coin of the current round affects propensities. With
 * `q_t` the distribution of team t, given what is shown, the first slot of a round holds a with probability
 * `½ (q₀(a) + q₁(a))`; then team t was the first with probability `q_t(a) / (q₀(a) + q₁(a))` (Bayes), and the second slot
 * holds b with probability `Σ_t P(t was first | a) · q_{1−t}(b)`. What is in neither pool is never shown, and what is in one
 * only by that team.
 * @returns `size` slots, or as many as the smaller pool has items: so an item is always left to either team, and both have as
 * many slots, but for a last odd one. Under rules it ends where either has none that may stand next.
 * @param random gives numbers in [0, 1): one per round for the coin, and then one per slot where a team explores.
 */
export function interleave<T>(
  teams: readonly [Team<T>, Team<T>],
  size: number,
  random: () => number,
  rules?: SharedRules<T>,
): InterleavedSlot<T>[] {
  const length =
    rules === undefined ? Math.min(size, teams[0].items.length, teams[1].items.length) : size;
  const drafting = [new Drafting(teams[0]), new Drafting(teams[1])] as const;
  const isByChance = teams.some(({ exploration }) => drawsByChance(exploration));
  const slate: InterleavedSlot<T>[] = [];
  /** Which team picks, and how likely it is that team 0 does, given the items above. */
  let [team, chance]: [0 | 1, number] = [0, 0.5];
  let picked = 0;
  while (slate.length < length) {
    const pinned = rules?.pinned(slate.length);
    if (pinned !== undefined) {
      slate.push({ item: pinned, team: NEITHER, propensity: 1, differs: false });
      rules?.shown(undefined);
      for (const one of drafting) one.remove(pinned);
      continue;
    }
    if (rules !== undefined && drafting.some((one) => one.isEmpty)) {
      // What is pinned further down stands behind the last one that there was.
      for (let slot = slate.length; slot < size; slot++) {
        const item = rules.pinned(slot);
        if (item !== undefined) slate.push({ item, team: NEITHER, propensity: 1, differs: false });
      }
      break;
    }
    const isFirst = picked++ % 2 === 0;
    if (isFirst) [team, chance] = [random() < 0.5 ? 0 : 1, 0.5];
    // The same number for both, so that they differ only where their distributions do.
    const number = isByChance ? random() : 0;
    const item: T = drafting[team].pick(number);
    const p0: number = chance * drafting[0].probability(item);
    const p1: number = (1 - chance) * drafting[1].probability(item);
    const differs = drafting[team === 0 ? 1 : 0].pick(number) !== item;
    slate.push({ item, team, propensity: p0 + p1, differs });
    rules?.shown(item);
    for (const one of drafting) one.remove(item);
    // Who was not the first of the round is the second.
    [team, chance] = [team === 0 ? 1 : 0, p1 / (p0 + p1)];
  }
  return slate;
}

/** How likely a team puts each of its items on the first slot, by index into them. */
export function firstSlotChances<T>(team: Team<T>): number[] {
  const drafting = new Drafting(team);
  return team.items.map((item) => drafting.probability(item));
}

/** What a team would pick next, in items. */
class Drafting<T> {
  readonly #items: readonly T[];
  readonly #indexes: ReadonlyMap<T, number>;
  readonly #next: NextItem;
  readonly #isRestricted: boolean;
  readonly #first: readonly T[];
  readonly #shown = new Set<T>();

  constructor({ items, points, exploration, first = [], restriction }: Team<T>) {
    this.#first = first;
    this.#items = items;
    this.#indexes = new Map(items.map((item, index) => [item, index]));
    this.#next = new NextItem(points, exploration, restriction);
    this.#isRestricted = restriction !== undefined;
  }

  get isEmpty(): boolean {
    return this.#next.left.length === 0;
  }

  pick(number: number): T {
    return this.#sure() ?? this.#items[this.#next.left[this.#next.pick(number)]];
  }

  /** 0 for what is shown already, and for what is not in the pool. */
  probability(item: T): number {
    const sure = this.#sure();
    if (sure !== undefined) return item === sure ? 1 : 0;
    const at = this.#placeOf(item);
    return at < 0 ? 0 : this.#next.probability(at);
  }

  remove(item: T): void {
    this.#shown.add(item);
    this.#next.shown(this.#indexes.get(item));
  }

  /** What it shows on this slot without chance. */
  #sure(): T | undefined {
    if (this.#shown.size >= this.#first.length) return undefined;
    if (this.#isRestricted) return this.#items[this.#next.left[0]];
    return this.#first.find((item) => !this.#shown.has(item));
  }

  #placeOf(item: T): number {
    const index = this.#indexes.get(item);
    return index === undefined ? -1 : this.#next.left.indexOf(index);
  }
}
