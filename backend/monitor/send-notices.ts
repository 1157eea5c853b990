import { and, asc, eq, gt, isNotNull, isNull, lte, notInArray, or } from 'drizzle-orm';
import { reasonOf } from '../process/logger.ts';
import type { Store } from '../store/open.ts';
import { alerts } from '../store/tables.ts';
import type { Alert } from './alerts.ts';
import { silencesNow } from './silences.ts';
import { noticeOf, post, type Notice, type Webhook } from './webhook.ts';

export interface NoticeDeps {
  readonly store: Store;
  /** Without one, alerts are only logged. */
  readonly webhook: Webhook | undefined;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

/** Longer than a delivery may take: until then no other backend can claim the notice. */
const FIRST_RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 3_600_000;

const UNTRIED = { noticeAttempts: 0, nextNoticeAt: 0 };

/**
 * Sends the notices that the webhook has not accepted yet, oldest first and the opening before the recovery; a refused
 * one is tried again after 30 s, 1 min, 2 min … 1 h. A notice is claimed in the store before it is sent, so that two
 * backends do not both send it. After a crash in between it is sent again: at least once, always with the same id.
 * Of a silenced alert nothing is sent: while it is open its notice waits for the end of the silence, and once it is over there is
 * none any more.
 */
export async function sendNotices({ store, webhook, nowMs, log }: NoticeDeps): Promise<void> {
  const silenced = (await silencesNow(store, nowMs())).map(({ key }) => key);
  for (const alert of await due(store, silenced, nowMs())) {
    const types: Notice['type'][] = [
      ...(alert.notifiedAt === null ? (['opened'] as const) : []),
      ...(alert.resolvedAt === null ? [] : (['recovered'] as const)),
    ];
    let attempts = alert.noticeAttempts;
    for (const type of types) {
      if (webhook !== undefined && !silenced.includes(alert.key)) {
        if (!(await claim(store, alert.id, attempts, type, nowMs()))) break;
        try {
          await post(webhook, noticeOf(alert, type), nowMs());
        } catch (error) {
          // The address is never logged, as it may contain a token.
          log(`the webhook did not take "${type}" of alert ${alert.id}: ${reasonOf(error)}`);
          // It would not accept the others either.
          return;
        }
      }
      await recordAccepted(store, alert.id, type, nowMs());
      attempts = 0;
    }
  }
}

const due = (store: Store, silenced: readonly string[], nowMs: number): Promise<Alert[]> =>
  store.db
    .select()
    .from(alerts)
    .where(
      and(
        or(
          isNull(alerts.notifiedAt),
          and(isNotNull(alerts.resolvedAt), isNull(alerts.recoveryNotifiedAt)),
        ),
        or(isNotNull(alerts.resolvedAt), notInArray(alerts.key, [...silenced])),
        // What waits for longer than any retry does was put off by a clock that was wrong.
        or(lte(alerts.nextNoticeAt, nowMs), gt(alerts.nextNoticeAt, nowMs + LONGEST_RETRY_MS)),
      ),
    )
    .orderBy(asc(alerts.id))
    .limit(100);

/** @returns false where another backend was first. */
async function claim(
  store: Store,
  id: number,
  attempts: number,
  type: Notice['type'],
  nowMs: number,
): Promise<boolean> {
  const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts, 20));
  const [claimed] = await store.write([
    store.db
      .update(alerts)
      .set({ noticeAttempts: attempts + 1, nextNoticeAt: nowMs + waitMs })
      .where(
        and(
          eq(alerts.id, id),
          eq(alerts.noticeAttempts, attempts),
          isNull(type === 'opened' ? alerts.notifiedAt : alerts.recoveryNotifiedAt),
        ),
      ),
  ]);
  return claimed === 1;
}

async function recordAccepted(
  store: Store,
  id: number,
  type: Notice['type'],
  nowMs: number,
): Promise<void> {
  const column = type === 'opened' ? { notifiedAt: nowMs } : { recoveryNotifiedAt: nowMs };
  await store.write([
    store.db
      .update(alerts)
      .set({ ...column, ...UNTRIED })
      .where(eq(alerts.id, id)),
  ]);
}
