import { sql } from 'drizzle-orm';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open.ts';
import { alertSilences } from '../store/tables.ts';

/** No notices are sent of alerts of a key until a moment. */
export interface Silence {
  readonly key: string;
  readonly reason: string;
  readonly by: string;
  readonly at: number;
  /** Epoch ms. */
  readonly until: number;
}

/** Those that hold: the newest of each key, while it is not over. */
export const silencesNow = ({ db }: Pick<Store, 'db'>, nowMs: number): Promise<Silence[]> =>
  db.all<Silence>(sql`
    select key, reason, by, at, until from alert_silences
    where id in (select max(id) from alert_silences group by key) and until > ${nowMs}`);

/** Silences alerts of a key, or ends a silence where `until` is not after `at`. */
export async function silence(store: Store, given: Silence): Promise<void> {
  const { key, reason, by, at, until } = given;
  await store.write([
    store.db.insert(alertSilences).values(given),
    recordAudit(store, {
      at,
      actor: by,
      action: until > at ? 'silence alert' : 'end silence',
      subject: key,
      details: { reason, until },
    }),
  ]);
}
