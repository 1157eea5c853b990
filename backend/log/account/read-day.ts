import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { storedExploration } from '../../../shared/domain/exploration.ts';
import { NO_SESSION } from '../../../shared/domain/ids.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { bytesOf, float64sOf, int32sOf } from '../../store/stored-bytes.ts';
import { snapshots, weights } from '../../store/tables.ts';
import { arePropensities } from './are-propensities.ts';
import { creditsBetween, type Credits } from './credits-between.ts';
import {
  emptyFacts,
  type DayFacts,
  type MutableDayFacts,
  type MalformedField,
} from './day-facts.ts';
import type { EventExclusionReason } from './classify-events.ts';
import type { SessionExclusionReason } from './classify-session.ts';
import { isClassified } from './counted.ts';
import { SITE_ORDER, type LoggedSlate } from '../../science/learn/logged-slate.ts';
import { talliesOf } from '../../science/learn/tallies.ts';
import { readRankings, type LoggedRanking } from './read-rankings.ts';
import type { Span } from './span.ts';
import type { Rules } from './rules.ts';
import { boundsOf, DAY_MS, type UtcDay } from '../../../shared/domain/utc-day.ts';

/**
 * Decisions ⋈ feedback of one UTC day, as far as the account has come: every ranking under the schema that counts, with
 * what came of it. Holds no more of the day than a page and the names of its sessions.
 * @param awaitedSinceMs feedback since then may join a ranking that is still on its way (`awaitedSince`).
 * @param emit is given the slates in order of time and ranking id.
 */
export async function readDay(
  db: LibSQLDatabase,
  schema: Pick<Schema, 'hash' | 'features'>,
  day: UtcDay,
  { attributionDays }: Pick<Rules, 'attributionDays'>,
  awaitedSinceMs: number,
  emit: (slate: LoggedSlate) => Promise<void> | undefined | void,
): Promise<DayFacts> {
  const span = boundsOf(day);
  const facts = emptyFacts(day, schema.features.length);
  const credits = await creditsBetween(db, span, attributionDays * DAY_MS);
  const known = await whatIsKnown(db);
  const sessions = new Map<string, SessionExclusionReason | null>();
  for await (const ranking of readRankings(db, schema.hash, span)) {
    const isWhole = inspect(ranking, schema.features.length, known, facts);
    facts.feedback = (facts.feedback ?? 0) + ranking.events.length;
    const { sessionId, exclusion } = ranking;
    if (exclusion !== 'after_close' && sessionId !== NO_SESSION) sessions.set(sessionId, exclusion);
    if (exclusion !== null) count(facts.refusedRankings, exclusion);
    else if (ranking.leftOut) count(facts.refusedRankings, 'left_out_by_hand');
    else if (ranking.notShown) count(facts.refusedRankings, 'not_shown');
    else if (ranking.itemSource === 'browser') count(facts.refusedRankings, 'untrusted_items');
    else if (isWhole && ranking.itemIds.length > 0) {
      const slate = slateOf(ranking, credits);
      facts.kept++;
      facts.keptItems += slate.itemIds.length;
      if (slate.tallies.some((tallies) => tallies?.click !== undefined)) facts.clicked++;
      const busy = emit(slate);
      if (busy !== undefined) await busy;
    }
  }
  facts.sessions = sessions.size;
  for (const reason of sessions.values()) if (reason !== null) count(facts.refusedSessions, reason);
  facts.events = await countExcludedEvents(db, schema.hash, span);
  for (const excluded of Object.values(facts.events))
    facts.feedback = (facts.feedback ?? 0) + excluded;
  Object.assign(facts, await countEvents(db, span, awaitedSinceMs));
  return facts;
}

interface Known {
  readonly snapshots: ReadonlySet<string>;
  readonly versions: ReadonlySet<string>;
}

async function whatIsKnown(db: LibSQLDatabase): Promise<Known> {
  const hashes = await db.select({ hash: snapshots.hash }).from(snapshots);
  const versions = await db.select({ version: weights.version }).from(weights);
  return {
    // Rankings of candidates alone read no snapshot, and say so.
    snapshots: new Set(['', ...hashes.map(({ hash }) => hash)]),
    versions: new Set(versions.map(({ version }) => version)),
  };
}

/** Counts what is wrong with a ranking. @returns false where its fields do not fit each other: nothing can be learned. */
function inspect(
  ranking: LoggedRanking,
  features: number,
  known: Known,
  facts: MutableDayFacts,
): boolean {
  const { codes, units, propensities, itemIds, at } = ranking;
  const slots = itemIds.length;
  facts.rankings++;
  facts.newestRankingAt = Math.max(facts.newestRankingAt ?? 0, at);
  const malformed: MalformedField[] = [];
  if (codes.length !== slots * features) malformed.push('codes');
  if (units.length !== slots * Int32Array.BYTES_PER_ELEMENT) malformed.push('scores');
  if (propensities.length !== slots * Float64Array.BYTES_PER_ELEMENT)
    malformed.push('propensities');
  const isWhole = malformed.length === 0;
  if (isWhole && !arePropensities(float64sOf(propensities), slots)) malformed.push('propensities');
  if ((ranking.sessionId === NO_SESSION) !== (ranking.consent === 'none'))
    malformed.push('session');
  if (!known.snapshots.has(ranking.snapshot)) malformed.push('snapshot');
  if (!known.versions.has(ranking.weights)) malformed.push('weights');
  for (const field of malformed) count(facts.incomplete, field);
  if (malformed.length === 0) facts.complete++;
  if (codes.length !== slots * features) return false;
  facts.items += slots;
  for (let i = 0; i < codes.length; i++) if (codes[i] === 0) facts.missing[i % features]++;
  return isWhole;
}

function slateOf(ranking: LoggedRanking, credits: Credits): LoggedSlate {
  const {
    events,
    exclusion: _,
    leftOut: ____,
    snapshot: __,
    itemSource: ___,
    temperature,
    epsilon,
    poolSize,
    optimism,
    maxLoss,
    fromSlot,
    seed,
    raises,
    boosts,
    pinned,
    isRestricted,
    pageOffset,
    teams,
    siteOrder,
    ...shown
  } = ranking;
  const earned = credits.get(ranking.rankingId);
  const tallies = talliesOf(ranking.itemIds, events);
  earned?.forEach((amounts, itemId) => {
    const slot = ranking.itemIds.indexOf(itemId);
    if (slot >= 0) tallies[slot] = { ...tallies[slot], ...amounts };
  });
  return {
    ...shown,
    ...(siteOrder && { weights: SITE_ORDER }),
    draw: {
      ...storedExploration({ temperature, epsilon, poolSize, optimism, maxLoss, fromSlot }),
      seed,
      isDrafted: teams !== null,
    },
    units: int32sOf(ranking.units),
    ...(raises !== null && { raises: int32sOf(raises) }),
    ...(boosts !== null && { boosts: int32sOf(boosts) }),
    ...(pinned !== null && { pinned: bytesOf(pinned) }),
    ...(isRestricted && { isRestricted: true as const }),
    ...(pageOffset !== null && { pageOffset }),
    propensities: float64sOf(ranking.propensities),
    codes: bytesOf(ranking.codes),
    tallies,
  };
}

/** Events of rankings under a schema that do not count, by why. */
async function countExcludedEvents(
  db: LibSQLDatabase,
  schemaHash: string,
  { from, to }: Span,
): Promise<DayFacts['events']> {
  const rows = await db.all<{ fault: EventExclusionReason; events: number }>(sql`
    select e.fault, count(*) as events
    from decisions d cross join events e on e.rankingId = d.rankingId
    where d.schemaHash = ${schemaHash} and d.at between ${from} and ${to}
      and ${isClassified(sql`d`)} and e.fault <> ''
    group by 1`);
  return Object.fromEntries(rows.map(({ fault, events }) => [fault, events]));
}

/**
 * Feedback that was received in a span, whatever its schema, and how much of it names a ranking that is stored, or may be yet. All
 * by one statement: what is committed meanwhile must not count in one of them alone.
 */
export async function countEvents(
  db: LibSQLDatabase,
  { from, to }: Span,
  awaitedSinceMs: number,
): Promise<JoinedFeedback> {
  const [row] = await db.all<JoinedFeedback>(sql`
    select count(*) as received, count(d.rankingId) as attributed,
      count(*) filter (where d.rankingId is null and e.receivedAt >= ${awaitedSinceMs}) as awaiting,
      max(e.receivedAt) as newestEventAt
    from events e left join decisions d on d.rankingId = e.rankingId
    where e.receivedAt between ${from} and ${to}`);
  return row;
}

type JoinedFeedback = Required<
  Pick<DayFacts, 'received' | 'attributed' | 'awaiting' | 'newestEventAt'>
>;

const count = <K extends string>(counts: Partial<Record<K, number>>, key: K) => {
  counts[key] = (counts[key] ?? 0) + 1;
};
