import type { SQL } from 'drizzle-orm';
import type { Statement, Store } from './open.ts';
import { audit } from './tables.ts';

/** One line of the audit log: who changed what, and when. Rows are only ever added. */
export interface AuditEntry {
  /** Epoch ms. */
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  /** SQL where the database alone knows it, such as the number of a row that the same transaction adds. */
  readonly subject: string | SQL<string>;
  readonly details?: Record<string, unknown>;
}

/** To be written in the transaction of the change itself, so that neither is ever without the other. */
export const recordAudit = (store: Store, entry: AuditEntry): Statement =>
  store.db.insert(audit).values({ details: {}, ...entry });
