interface Slot<T> {
  readonly item: T;
  readonly team: 0 | 1;
  readonly propensity: number;
}

/**
 * How slates were drafted before arms drafted as they serve: from their best items, without exploration. Logs hold such drafts.
 *
 * Team-draft interleaving (F. Radlinski, M. Kurup and T. Joachims, "How Does Clickthrough Data Reflect Retrieval
 * Quality?", CIKM 2008, algorithm 2). Each list is a team. In each round of two slots a fair coin decides which team
 * picks first, and then each team picks the best item of its list that is not shown yet. Both teams have picked
 * equally often before each round, so only the coin of the current round affects propensities. If the teams' next
 * items differ, the first slot has propensity ½ and the second 1. If they are the same item, the first slot has
 * propensity 1, and the second ½ unless both teams agree on that one too.
 * @param lists each team's items, best first, without duplicates. The slate has `size` slots, or as many as the
 * shorter list.
 * @param random gives numbers in [0, 1); one is used per round.
 */
export function bestOfBoth<T>(
  lists: readonly [readonly T[], readonly T[]],
  size: number,
  random: () => number,
): Slot<T>[] {
  const length = Math.min(size, lists[0].length, lists[1].length);
  const shown = new Set<T>();
  // The slate so far is shorter than each list, so an item is always left.
  const best = (team: 0 | 1) => lists[team].find((item) => !shown.has(item))!;
  const slate: Slot<T>[] = [];
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
