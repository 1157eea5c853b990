/** One slot of an interleaved slate. */
export interface Drafted<T> {
  readonly item: T;
  /** Index of the list whose turn it was: it gets the credit for the item. */
  readonly team: 0 | 1;
  /** Probability of this item at this slot, given the items above: exact. */
  readonly propensity: number;
}

/**
 * Team-draft interleaving (F. Radlinski, M. Kurup and T. Joachims, "How Does Clickthrough Data Reflect Retrieval
 * Quality?", CIKM 2008, algorithm 2): in each round of two slots a fair coin says which team picks first, and each picks
 * the best of its list that is not shown yet. Teams are of equal size before each round, so no earlier coin matters to a
 * later round. Within one: where both teams want different items the coin shows in the first slot (½ each), and the
 * second is certain; where both want the same, the first is certain and the second shows the coin.
 * @param lists both teams' best, best first, without duplicates; the slate is as long as the shorter, or `size`.
 * @param random numbers in [0, 1); one is used per round.
 */
export function interleave<T>(
  lists: readonly [readonly T[], readonly T[]],
  size: number,
  random: () => number,
): Drafted<T>[] {
  const length = Math.min(size, lists[0].length, lists[1].length);
  const shown = new Set<T>();
  // The slate is shorter than each list is long, so there is always one left.
  const best = (team: 0 | 1) => lists[team].find((item) => !shown.has(item))!;
  const slate: Drafted<T>[] = [];
  while (slate.length < length) {
    const first = random() < 0.5 ? 0 : 1;
    const second = first === 0 ? 1 : 0;
    const agree = best(0) === best(1);
    const top = best(first);
    slate.push({ item: top, team: first, propensity: agree ? 1 : 0.5 });
    shown.add(top);
    if (slate.length === length) break;
    const next = best(second);
    const isCertain = !agree || next === best(first);
    slate.push({ item: next, team: second, propensity: isCertain ? 1 : 0.5 });
    shown.add(next);
  }
  return slate;
}
