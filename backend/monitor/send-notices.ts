import { and, asc, eq, gt, isNotNull, isNull, lte, notInArray, or, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import { reasonOf } from '../process/logger.ts';
import type { Store } from '../store/open.ts';
import { alertNotices, alerts } from '../store/tables.ts';
import type { Alert } from './alerts.ts';
import { NotNow, type Channel } from './channel.ts';
import { noticeOf } from './notice.ts';
import { silencesNow } from './silences.ts';

export interface NoticeDeps {
  readonly store: Store;
  /** Without any, alerts are only logged. */
  readonly channels: readonly Channel[];
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

type NoticeType = 'opened' | 'recovered';

/** Longer than a delivery may take: until then no other backend can claim the notice. */
const FIRST_RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 3_600_000;
/** A slow channel keeps what calls this waiting for so long and one delivery at most; the rest is sent at the next call. */
const PASS_MS = 15_000;

/**
 * Sends every channel the notices that it has not taken yet, oldest first and the opening before the recovery; what it refuses is
 * tried again after 30 s, 1 min, 2 min … 1 h, or later where it says so itself. Channels are sent to at the same time, and none waits for
 * another. A notice is claimed in the store before it is sent, so that two backends do not both send it. After a crash in between
 * it is sent again: at least once, always with the same id.
 * That an alert is over is told to the channels that were told of it. Of a silenced alert nothing is sent: while it is open its
 * notice waits for the end of the silence, and once it is over there is none any more.
 */
export async function sendNotices(deps: NoticeDeps): Promise<void> {
  const { store, channels, nowMs } = deps;
  const silenced = (await silencesNow(store, nowMs())).map(({ key }) => key);
  await Promise.all(channels.map((channel) => tell(deps, channel, silenced)));
  await recordTold(store, channels, silenced, nowMs());
}

async function tell(
  { store, nowMs, log }: NoticeDeps,
  channel: Channel,
  silenced: readonly string[],
): Promise<void> {
  if (await isPutOff(store, channel, nowMs())) return;
  const beganMs = performance.now();
  for (const due of await dueAt(store, channel, silenced, nowMs())) {
    for (const type of due.types) {
      if (performance.now() - beganMs > PASS_MS) return;
      const notice: Claim = { id: due.alert.id, type, channel: channel.name };
      if (!(await claim(store, notice, due.attempts[type], nowMs()))) break;
      try {
        await channel.send(noticeOf(due.alert, type), nowMs());
      } catch (error) {
        // The address is never logged, as it may contain a token.
        log(`${channel.name} did not take "${type}" of alert ${notice.id}: ${reasonOf(error)}`);
        if (error instanceof NotNow) await putOff(store, channel, nowMs() + error.waitMs);
        // It would not accept the others either.
        return;
      }
      await recordTaken(store, notice, nowMs());
    }
  }
}

interface Due {
  readonly alert: Alert;
  readonly types: readonly NoticeType[];
  readonly attempts: Readonly<Record<NoticeType, number>>;
}

async function dueAt(
  { db }: Store,
  { name, kinds, recoveries }: Channel,
  silenced: readonly string[],
  nowMs: number,
): Promise<Due[]> {
  const [opening, recovery] = [alias(alertNotices, 'opening'), alias(alertNotices, 'recovery')];
  const isOf = (notice: typeof opening | typeof recovery, type: NoticeType) =>
    and(eq(notice.alertId, alerts.id), eq(notice.type, type), eq(notice.channel, name));
  const isTime = ({ nextAt }: typeof opening | typeof recovery) =>
    // What waits for longer than any retry does was put off by a clock that was wrong.
    or(isNull(nextAt), lte(nextAt, nowMs), gt(nextAt, nowMs + LONGEST_RETRY_MS));
  const rows = await db
    .select({ alert: alerts, opening, recovery })
    .from(alerts)
    .leftJoin(opening, isOf(opening, 'opened'))
    .leftJoin(recovery, isOf(recovery, 'recovered'))
    .where(
      and(
        sql`${alerts.kind} in ${kinds}`,
        notInArray(alerts.key, [...silenced]),
        or(
          and(isNull(alerts.notifiedAt), isNull(opening.takenAt), isTime(opening)),
          and(
            recoveries ? isNotNull(alerts.resolvedAt) : sql`false`,
            isNull(alerts.recoveryNotifiedAt),
            isNotNull(opening.takenAt),
            isNull(recovery.takenAt),
            isTime(recovery),
          ),
        ),
      ),
    )
    .orderBy(asc(alerts.id))
    .limit(100);
  return rows.map((row) => {
    const isOpeningDue = row.opening?.takenAt == null;
    const isRecoveryDue = recoveries && row.alert.resolvedAt !== null;
    return {
      alert: row.alert,
      types: [
        ...(isOpeningDue ? (['opened'] as const) : []),
        ...(isRecoveryDue ? (['recovered'] as const) : []),
      ],
      attempts: { opened: row.opening?.attempts ?? 0, recovered: row.recovery?.attempts ?? 0 },
    };
  });
}

interface Claim {
  /** Of the alert. */
  readonly id: number;
  readonly type: NoticeType;
  readonly channel: Channel['name'];
}

const rowOf = ({ id, type, channel }: Claim) =>
  and(eq(alertNotices.alertId, id), eq(alertNotices.type, type), eq(alertNotices.channel, channel));

/** @param attempts that were read with the notice. @returns false where another backend was first. */
async function claim(
  store: Store,
  { id, type, channel }: Claim,
  attempts: number,
  nowMs: number,
): Promise<boolean> {
  const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts, 20));
  const claimed = { attempts: attempts + 1, nextAt: nowMs + waitMs };
  const [changed] = await store.write([
    store.db
      .insert(alertNotices)
      .values({ alertId: id, type, channel, ...claimed })
      .onConflictDoUpdate({
        target: [alertNotices.alertId, alertNotices.type, alertNotices.channel],
        set: claimed,
        setWhere: and(eq(alertNotices.attempts, attempts), isNull(alertNotices.takenAt)),
      }),
  ]);
  return changed === 1;
}

async function recordTaken(store: Store, notice: Claim, nowMs: number): Promise<void> {
  await store.write([store.db.update(alertNotices).set({ takenAt: nowMs }).where(rowOf(notice))]);
}

/** What stands for the channel itself, among the ids of alerts: until when it wants to be left alone. */
const THE_CHANNEL = 0;

async function putOff(store: Store, { name }: Channel, until: number): Promise<void> {
  const pause = { attempts: 0, nextAt: until };
  await store.write([
    store.db
      .insert(alertNotices)
      .values({ alertId: THE_CHANNEL, type: 'opened', channel: name, ...pause })
      .onConflictDoUpdate({
        target: [alertNotices.alertId, alertNotices.type, alertNotices.channel],
        set: pause,
      }),
  ]);
}

async function isPutOff({ db }: Store, { name }: Channel, nowMs: number): Promise<boolean> {
  const [pause] = await db
    .select({ until: alertNotices.nextAt })
    .from(alertNotices)
    .where(rowOf({ id: THE_CHANNEL, type: 'opened', channel: name }));
  return pause !== undefined && pause.until > nowMs && pause.until <= nowMs + LONGEST_RETRY_MS;
}

/**
 * Notes the alerts of which every channel has taken what it is to be told; a channel that is set later is told nothing of
 * them.
 */
async function recordTold(
  store: Store,
  channels: readonly Channel[],
  silenced: readonly string[],
  nowMs: number,
): Promise<void> {
  const taken = (type: NoticeType, { name }: Channel) => sql`exists (select 1 from ${alertNotices} n
    where n.alertId = ${alerts.id} and n.type = ${type} and n.channel = ${name} and n.takenAt is not null)`;
  const isSilenced = sql`${alerts.key} in ${silenced.length === 0 ? sql`(null)` : silenced}`;
  const all = (conditions: ReturnType<typeof sql>[]) => and(sql`true`, ...conditions);
  const { db } = store;
  await store.write([
    db
      .update(alerts)
      .set({ notifiedAt: nowMs })
      .where(
        and(
          isNull(alerts.notifiedAt),
          sql`case when coalesce(${isSilenced}, false) then ${isNotNull(alerts.resolvedAt)} else ${all(
            channels.map(
              (channel) =>
                sql`(${alerts.kind} not in ${channel.kinds} or ${taken('opened', channel)})`,
            ),
          )} end`,
        ),
      ),
    db
      .update(alerts)
      .set({ recoveryNotifiedAt: nowMs })
      .where(
        and(
          isNotNull(alerts.resolvedAt),
          isNotNull(alerts.notifiedAt),
          isNull(alerts.recoveryNotifiedAt),
          or(
            sql`coalesce(${isSilenced}, false)`,
            all(
              channels
                .filter(({ recoveries }) => recoveries)
                .map(
                  (channel) =>
                    sql`(not ${taken('opened', channel)} or ${taken('recovered', channel)})`,
                ),
            ),
          ),
        ),
      ),
  ]);
}
