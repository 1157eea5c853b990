import { identityKeys } from '../../../shared/domain/identity.ts';
import type { GivenId } from '../../../shared/domain/ids.ts';
import { SECRETS } from '../platform/edge.ts';
import type { World } from '../world.ts';

/** Longer than a batch of decisions is gathered and tried for: an isolate that ends sooner after a ranking may lose it. */
const GATHERED_MS = 60_000;

/** A batch is some numbers of entries of one object: where it is stored twice, under whatever id, some of them are in two. */
async function checkBatches({ simulation, database }: World): Promise<void> {
  const { rows } = await database.client.execute(`select batchId from batches`);
  const ranges = rows
    .flatMap(({ batchId }) => {
      const named = /^(.+)-(\d+)-(\d+)/.exec(batchId as string);
      if (named !== null)
        return [{ object: named[1], first: Number(named[2]), last: Number(named[3]) }];
      simulation.violate('a batch is stored once', `batch ${batchId as string} names no entries`);
      return [];
    })
    .toSorted((a, b) => a.object.localeCompare(b.object) || a.first - b.first);
  for (const [i, { object, first }] of ranges.entries())
    if (i > 0 && ranges[i - 1].object === object && ranges[i - 1].last >= first)
      simulation.violate('a batch is stored once', `entry ${first} of ${object} is in two batches`);
}

/** What must hold of the database once nothing goes wrong any more and everything had time to arrive. */
export async function checkStored(world: World): Promise<void> {
  const { simulation, ledger, database } = world;
  const rows = async <T>(sql: string) =>
    (await database.client.execute(sql)).rows as unknown as readonly T[];
  const identity = identityKeys([SECRETS.identity])[0];
  if (!world.hasArrived)
    simulation.violate('what is stored at the edge is shipped', 'a shard still has entries');

  const events = await rows<{ key: string; count: number }>(
    `select rankingId || ' ' || eventId as key, count(*) as count from events group by 1`,
  );
  const stored = new Set<string>();
  for (const { key, count } of events) {
    stored.add(key);
    if (count > 1)
      simulation.violate('acknowledged means stored once', `event ${key} is stored ${count} times`);
    if (!ledger.sentEvents.has(key))
      simulation.violate('nothing is stored that was not sent', `nobody sent event ${key}`);
  }
  for (const [key, { rankingId }] of ledger.events) {
    const ranking = ledger.rankings.get(rankingId)!;
    if (!stored.has(key) && !ledger.mayBeErased(ranking))
      simulation.violate(
        'acknowledged means stored once',
        `event ${key} was acknowledged and is not stored`,
      );
  }

  const decisions = await rows<{
    rankingId: string;
    sessionId: string;
    userId: string | null;
    consent: string;
    request: string;
  }>(`select rankingId, sessionId, userId, consent, request from decisions`);
  const known = new Set(decisions.map(({ rankingId }) => rankingId));
  const [{ lost }] = await rows<{ lost: number }>(
    `select coalesce(sum(lost), 0) as lost from batches`,
  );
  await checkBatches(world);
  let missing = 0;
  for (const ranking of ledger.rankings.values()) {
    if (known.has(ranking.rankingId) || ledger.mayBeErased(ranking)) continue;
    const { endedAtMs } = ranking.isolate;
    if (endedAtMs !== undefined && endedAtMs - ranking.atMs < GATHERED_MS) continue;
    missing++;
  }
  if (missing > lost)
    simulation.violate(
      'every ranking is stored or counted as lost',
      `${missing} rankings are not stored, and ${lost} are counted as lost`,
    );

  for (const { rankingId, sessionId, userId, consent, request } of decisions) {
    const ranking = ledger.rankings.get(rankingId);
    if (ranking?.consent === undefined) continue;
    if (consent !== ranking.consent)
      simulation.violate(
        'consent is kept',
        `ranking ${rankingId} of consent ${ranking.consent} is stored as ${consent}`,
      );
    if (
      consent === 'none' &&
      (sessionId !== '' || userId !== null || JSON.parse(request).recent.length > 0)
    )
      simulation.violate(
        'consent is kept',
        `ranking ${rankingId} is stored with its visitor, who did not agree`,
      );
  }

  const sessionsLeft = new Set(
    (
      await rows<{ sessionId: string }>(
        `select sessionId from decisions where userId is null union select sessionId from events where userId is null`,
      )
    ).map(({ sessionId }) => sessionId),
  );
  for (const session of ledger.forgottenSessions.keys())
    if (sessionsLeft.has(identity.sessionId(session as GivenId)))
      simulation.violate('what was forgotten stays forgotten', `${session} is still stored`);
  // An event that was acknowledged arrives: so it is known by then in which sessions a deleted user was, also before they logged in.
  for (const { rankingId } of ledger.events.values()) {
    const { sessionId, userId, consent } = ledger.rankings.get(rankingId)!;
    if (userId === undefined || consent === 'none' || !ledger.deletedUsers.has(userId)) continue;
    if (sessionsLeft.has(identity.sessionId(sessionId as GivenId)))
      simulation.violate(
        'what was forgotten stays forgotten',
        `${sessionId} is still stored, in which ${userId} was, who is deleted`,
      );
  }
  const usersLeft = new Set(
    (
      await rows<{ userId: string }>(
        `select userId from decisions where userId is not null union select userId from events where userId is not null
         union select userId from user_days`,
      )
    ).map(({ userId }) => userId),
  );
  for (const user of ledger.deletedUsers.keys())
    if (usersLeft.has(identity.userId(user as GivenId)))
      simulation.violate('what was forgotten stays forgotten', `${user} is still stored`);
}
