import { desc, gte, isNull, ne, or, sql } from 'drizzle-orm';
import { isVersion, RULES_VERSION, type Version } from '../../shared/domain/ids.ts';
import { parsePointer } from '../../shared/domain/pointer.ts';
import type { Store } from '../store/open.ts';
import { audit, experiments, rollouts, weights } from '../store/tables.ts';
import { readLive } from './live-pointer.ts';
import { byNumber } from './versions.ts';
import { versionsInPointer } from './versions-in-pointer.ts';

/**
 * The versions that an edge may have to read from KV, now or because somebody writes a pointer by hand: the rules, the
 * newest, those of the pointer, and those that were live, in an experiment or in a rollout since `since`.
 * @param inKv the text of the pointer in KV. @param since epoch ms. @param newest how many of the newest.
 */
export async function neededVersions(
  store: Store,
  {
    inKv,
    since,
    newest,
  }: { readonly inKv: string; readonly since: number; readonly newest: number },
): Promise<Set<Version>> {
  const live = await readLive(store);
  const texts = [inKv, live?.text, live?.before, live?.intended, ...(live?.earlier ?? [])];
  const moves = await movesSince(store, since);
  return new Set([
    RULES_VERSION,
    ...[...texts, ...moves.map(({ text }) => text)].flatMap(versionsIn),
    // The audit log cuts off long texts. The subject of a move at one placement is of that placement.
    ...moves.flatMap(({ subject, champion, placed }) =>
      [subject, champion, ...Object.values(placed ?? {})].filter(isVersion),
    ),
    ...(await newestVersions(store, newest)),
    ...(await versionsOfExperiments(store, since)),
    ...(await versionsOfRollouts(store, since)),
  ]);
}

function versionsIn(text: string | undefined): Version[] {
  const pointer = parsePointer(text ?? '');
  return pointer === undefined ? [] : versionsInPointer(pointer);
}

/** What the pointer was at `since`, and every move after it. */
const movesSince = ({ db }: Store, since: number) => {
  const text = sql<string>`json_extract(${audit.details}, '$.text')`;
  const champion = sql<string | null>`json_extract(${audit.details}, '$.champion')`;
  const placed = sql<Record<
    string,
    unknown
  > | null>`json_extract(${audit.details}, '$.placements')`.mapWith((value: string | null) =>
    value === null ? null : (JSON.parse(value) as object),
  );
  return db
    .select({ subject: audit.subject, text, champion, placed })
    .from(audit)
    .where(
      sql`${text} is not null and (${audit.at} >= ${since} or ${audit.id} = (
        select max(a.id) from audit a
        where a.at < ${since} and json_extract(a.details, '$.text') is not null))`,
    );
};

async function newestVersions({ db }: Store, count: number): Promise<Version[]> {
  const rows = await db
    .select({ version: weights.version })
    .from(weights)
    .orderBy(desc(byNumber))
    .limit(count);
  return rows.map(({ version }) => version).filter(isVersion);
}

async function versionsOfExperiments({ db }: Store, since: number): Promise<Version[]> {
  const rows = await db
    .select({ arms: experiments.arms })
    .from(experiments)
    .where(or(ne(experiments.status, 'stopped'), gte(experiments.stoppedAt, since)));
  return rows.flatMap(({ arms }) => arms.flatMap(({ version }) => version ?? []));
}

async function versionsOfRollouts({ db }: Store, since: number): Promise<Version[]> {
  const rows = await db
    .select({ champion: rollouts.champion, challenger: rollouts.challenger })
    .from(rollouts)
    .where(or(isNull(rollouts.endedAt), gte(rollouts.endedAt, since)));
  return rows.flatMap(({ champion, challenger }) => [champion, challenger]).filter(isVersion);
}
