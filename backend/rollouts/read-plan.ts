import { sql } from 'drizzle-orm';
import { EVENT_TYPES, type EventType } from '../../shared/domain/event.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { sampleSize } from '../experiments/sample-size.ts';
import { freeShare } from '../experiments/free-share.ts';
import type { Experiment } from '../experiments/new-experiment.ts';
import { cameOf, countedRankings, schemaList } from '../log/account/counted.ts';
import { readAccount, schemasWithRankings } from '../log/account/log-mark.ts';
import type { LineageScope } from '../models/lineage-scope.ts';
import { inScope, readScope } from '../models/read-scope.ts';
import type { Store } from '../store/open.ts';
import type { CanaryPlan } from './gain.ts';
import type { GainRules } from './settings.ts';

/** How far back the log tells what traffic there is. */
const BACK_MS = 7 * DAY_MS;
const HOUR_MS = 3_600_000;
/** Of finding a gain of `minGain`, at the last of the planned sessions. */
const POWER = 0.95;

/** What people did in the last days, as one row. */
interface Lately {
  readonly sessions: number;
  /** In which what decides happened. */
  readonly came: number;
  readonly firstAt: number | null;
  readonly rankings: number;
  /** Rankings of more than one item. */
  readonly severalItems: number;
}

/** A log that has grown by more than this share since a plan was made may tell another one. */
const GROWTH = 0.1;

/**
 * Plans are kept for an hour: reading seven days of a large log at every decision would be much for what hardly changes. What
 * else a plan depends on is cheap to read, and makes another plan at once: the rules, the event that decides, the sessions that
 * experiments hold, the schemas that were ranked under, how the account counts, and a log that is young and grows fast.
 */
const kept = new WeakMap<Store, Map<string | null, KeptPlan>>();

interface KeptPlan {
  readonly key: string;
  readonly rows: number;
  readonly plan: CanaryPlan;
}

/**
 * What a canary could tell at the traffic of the last seven days, by the account: bring it up to date first. Planned is for the
 * rate of the metric that decides where that is a share of the sessions, and for that of clicks where it is none.
 * @param alpha two-sided, of the reading of the gain. @returns undefined where nobody came.
 */
export async function readPlan(
  store: Store,
  { metrics }: Pick<Experiment, 'metrics'>,
  { decides, minGain }: Pick<GainRules, 'decides' | 'minGain'>,
  {
    alpha,
    nowMs,
    lineage = null,
  }: { readonly alpha: number; readonly nowMs: number; readonly lineage?: string | null },
): Promise<CanaryPlan | undefined> {
  const { db } = store;
  const event = eventThatDecides(metrics, decides);
  const free = await freeShare(store, 'split', lineage);
  const freeToInterleave = await freeShare(store, 'interleaved', lineage);
  const scope = await readScope(store, lineage);
  const schemas = await schemasWithRankings(db);
  const { version: countedBy, rows } = await readAccount(db);
  const hour = Math.floor(nowMs / HOUR_MS);
  const key = JSON.stringify([
    event,
    minGain,
    alpha,
    free,
    freeToInterleave,
    schemas,
    countedBy,
    hour,
    scope,
  ]);
  const ofStore = kept.get(store) ?? new Map<string | null, KeptPlan>();
  const known = ofStore.get(lineage);
  if (known?.key === key && rows <= known.rows * (1 + GROWTH)) return known.plan;
  const lately = await readLately(store, event, nowMs, scope);
  const plan = planOf(lately, { alpha, minGain, nowMs, free, freeToInterleave });
  // The first visitors may come at any moment.
  if (plan !== undefined) kept.set(store, ofStore.set(lineage, { key, rows, plan }));
  return plan;
}

/** @param free share of the sessions that no experiment holds, 0..1. @param freeToInterleave of which none holds the exploration either; default as many. */
export function planOf(
  { sessions, came, firstAt, rankings, severalItems }: Lately,
  {
    alpha,
    minGain,
    nowMs,
    free,
    freeToInterleave = free,
  }: {
    readonly alpha: number;
    readonly minGain: number;
    readonly nowMs: number;
    readonly free: number;
    readonly freeToInterleave?: number;
  },
): CanaryPlan | undefined {
  const sessionsPerDay =
    firstAt === null ? 0 : (free * sessions * DAY_MS) / Math.max(HOUR_MS, nowMs - firstAt);
  if (sessionsPerDay === 0) return undefined;
  const rate = came / sessions;
  const canPlan = rate > 0 && rate * (1 + minGain) < 1;
  const size = (): number =>
    sampleSize({
      baseline: { kind: 'proportion', rate },
      mde: minGain,
      relative: true,
      alpha,
      power: POWER,
      arms: 2,
    }).total;
  return {
    sessionsPerDay,
    ...(canPlan && { sessions: size() }),
    severalItems: severalItems > rankings / 2,
    ...(freeToInterleave < free && { interleavable: freeToInterleave / free }),
  };
}

function eventThatDecides(metrics: Experiment['metrics'], decides: string): EventType {
  const metric = metrics.find(({ name }) => name === decides);
  const event = EVENT_TYPES.find((type) => type === metric?.numerator);
  return metric?.kind === 'proportion' && event !== undefined ? event : 'click';
}

async function readLately(
  { db }: Store,
  event: EventType,
  nowMs: number,
  scope: LineageScope,
): Promise<Lately> {
  const [row] = await db.all<Lately>(sql`
    select count(*) as sessions, coalesce(sum(came), 0) as came, min(firstAt) as firstAt,
      coalesce(sum(rankings), 0) as rankings, coalesce(sum(severalItems), 0) as severalItems
    from (
      select max(${cameOf(event, sql`d`)}) as came, min(d.at) as firstAt, count(*) as rankings,
        sum(json_array_length(d.itemIds) > 1) as severalItems
      from ${countedRankings} d
      where d.schemaHash in (${await schemaList(db)}) and d.at >= ${nowMs - BACK_MS} and d.at < ${nowMs}
        and not d.siteOrder and ${inScope(scope, sql`d.placement`)}
      group by d.sessionId
    )`);
  return row;
}
