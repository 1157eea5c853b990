import { sql } from 'drizzle-orm';
import type { Schema } from '../../shared/features/schema.ts';
import { percent } from '../../shared/text/text.ts';
import { countedEvents, countedRankings } from '../log/account/counted.ts';
import type { Store } from '../store/open.ts';
import { rewardOf, tally, type Tallies } from '../science/learn/tallies.ts';
import type { Reward } from './to-reward.ts';

/** Smaller relative changes of a weight are not mentioned. */
const NOTABLE = 0.1;
const RANKINGS = 2000;
const WHOLE = { digits: 0 };

/** What new weights would change: weight by weight, and in the rewards of the rankings that were logged last. */
export async function describeChanges(
  store: Store,
  schema: Schema,
  before: Reward,
  after: Reward,
): Promise<string[]> {
  const weights = changedWeights(before, after);
  if (weights.length === 0) return ['nothing: these weights are in force already'];
  return [...weights, ...changedEarnings(await lastItems(store, schema), before, after)];
}

function changedWeights(before: Reward, after: Reward): string[] {
  const metrics = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return metrics.flatMap((metric) => {
    const [was, is] = [before[metric] ?? 0, after[metric] ?? 0];
    if (was === is) return [];
    if (was === 0) return [`${metric} counts from now on: ${is}`];
    if (is === 0)
      return [
        `${metric} ${metric in after ? '' : 'is left out, so it '}no longer counts: it was ${was}`,
      ];
    if (Math.sign(was) !== Math.sign(is)) return [`${metric} changes its sign: ${was} to ${is}`];
    const move = is / was - 1;
    if (Math.abs(move) < NOTABLE) return [];
    return [
      `${metric} moves by ${move > 0 ? '+' : '−'}${percent(Math.abs(move), WHOLE)}: ${was} to ${is}`,
    ];
  });
}

/** Among items with a reward: which metric makes the largest share of it, and how many items would have none. */
function changedEarnings(items: readonly Tallies[], before: Reward, after: Reward): string[] {
  const rewarded = items.filter((item) => rewardOf(item, before) > 0);
  if (rewarded.length === 0) return ['no item of the log has earned anything yet'];
  const [was, is] = [dominant(rewarded, before), dominant(rewarded, after)];
  const lost = rewarded.filter((item) => rewardOf(item, after) === 0).length;
  const gained = items.filter(
    (item) => rewardOf(item, before) === 0 && rewardOf(item, after) > 0,
  ).length;
  const of = `of the last ${rewarded.length} items that earned a reward`;
  return [
    `${of}, ${was.metric} made ${percent(was.share, WHOLE)}; ${is.metric === was.metric ? 'it' : is.metric} would make ${percent(is.share, WHOLE)}`,
    ...(lost > 0 ? [`${of}, ${lost} would earn nothing`] : []),
    ...(gained > 0 ? [`further items that would earn a reward: ${gained}`] : []),
  ];
}

/** The metric that makes the largest part of the reward, in absolute amounts. */
function dominant(items: readonly Tallies[], reward: Reward): { metric: string; share: number } {
  const amounts = Object.entries(reward).map(([metric, weight]) => ({
    metric,
    amount: items.reduce((sum, item) => sum + rewardOf(item, { [metric]: Math.abs(weight) }), 0),
  }));
  const total = amounts.reduce((sum, { amount }) => sum + amount, 0);
  const most = amounts.reduce((a, b) => (b.amount > a.amount ? b : a));
  return total === 0
    ? { metric: 'nothing', share: 1 }
    : { metric: most.metric, share: most.amount / total };
}

/** The feedback of each item that has any, in the newest rankings of a schema. */
async function lastItems(store: Store, schema: Schema): Promise<Tallies[]> {
  const rows = await store.db.all<{
    rankingId: string;
    itemId: string;
    type: string;
    value: number | null;
  }>(sql`
    select e.rankingId, e.itemId, e.type, e.value
    from (select d.rankingId from ${countedRankings} d where d.schemaHash = ${schema.hash}
      order by d.at desc limit ${RANKINGS}) d
    cross join ${countedEvents} e on e.rankingId = d.rankingId
    where e.itemId is not null`);
  const items = Map.groupBy(rows, ({ rankingId, itemId }) => JSON.stringify([rankingId, itemId]));
  return [...items.values()].map((happened) => {
    const tallies: Record<string, number> = {};
    for (const { type, value } of happened) tally(tallies, type, value);
    return tallies;
  });
}
