import { sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';

/** What pages show, by what changes it. */
export const TOPICS = [
  'traffic',
  'live',
  'weights',
  'rollouts',
  'runs',
  'experiments',
  'metricWeights',
  'alerts',
  'audit',
] as const;
export type Topic = (typeof TOPICS)[number];

/** A text for each topic that is another one once something of it has changed. */
export type Marks = Readonly<Record<Topic, string>>;

export async function readMarks({ db }: Pick<Store, 'db'>): Promise<Marks> {
  const [row] = await db.all<Readonly<Record<Topic, string | number>>>(sql`select
    (select coalesce(max(rowid), 0) from batches) as traffic,
    (select coalesce(group_concat(name || since || value), '') from pointers) as live,
    (select coalesce(max(rowid), 0) from weights) as weights,
    (select coalesce(max(id), 0) from rollout_decisions)
      || (select coalesce(group_concat(id || stage || since), '') from rollouts where endedAt is null) as rollouts,
    (select coalesce(group_concat(id || status || length(progress)), '')
      from (select * from runs order by startedAt desc limit 20)) as runs,
    (select coalesce(group_concat(id || status || traffic), '') from experiments) as experiments,
    (select coalesce(max(id), 0) from metric_weights) as metricWeights,
    (select count(*) || '.' || count(resolvedAt) || '.' || count(acknowledgedAt) || '.' || coalesce(max(id), 0) from alerts)
      || (select coalesce(max(id), 0) from alert_silences) as alerts,
    (select coalesce(max(id), 0) from audit) as audit`);
  return Object.fromEntries(TOPICS.map((topic) => [topic, String(row[topic])])) as unknown as Marks;
}

export const changedBetween = (before: Marks, after: Marks): Topic[] =>
  TOPICS.filter((topic) => before[topic] !== after[topic]);
