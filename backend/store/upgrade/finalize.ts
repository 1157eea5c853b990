import { rmSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { recordAudit } from '../audit.ts';
import type { Database } from '../connect.ts';
import { localPathOf } from '../local-path.ts';
import type { Statement, Store } from '../open.ts';
import { copiesBefore } from './copies-before.ts';
import { applying } from './migrate.ts';
import { MIGRATIONS, readMigrations } from './migrations.ts';
import {
  KINDS_TABLE,
  MAKE_TABLES,
  readApplied,
  refuseNewer,
  upgradeState,
} from './upgrade-state.ts';

/** How far an upgrade is, in names of migrations. */
export interface UpgradeStatus {
  /** The newest one that the database has. */
  readonly newest: string | null;
  /** Applied, and not final: the version before works without them. */
  readonly open: readonly string[];
  /** Wait until the upgrade is finalized. */
  readonly waiting: readonly string[];
  /** Of a newer version than this backend's. */
  readonly unknown: readonly string[];
  /** Files with the database as it was before. */
  readonly copies: readonly string[];
}

export interface Upgrade {
  status(): Promise<UpgradeStatus>;
  /**
   * Applies the contract migrations that wait, and deletes the copies of before: nobody goes back from here on.
   * @throws NewerDatabase where the database has migrations of a newer version, which alone may do so. @returns what was finalized.
   */
  finalize(by: string): Promise<UpgradeStatus>;
}

/** @param folder of migrations; default: those of this version. */
export function upgradeOf(
  store: Store,
  database: Database,
  nowMs: () => number,
  folder = MIGRATIONS,
): Upgrade {
  const path = localPathOf(database.url);
  const known = readMigrations(folder);
  const nameOf = ({ when, tag }: { readonly when: number; readonly tag?: string }) =>
    tag ?? known.find((one) => one.when === when)?.tag ?? new Date(when).toISOString();

  const read = async () => {
    const applied = await readApplied((text) => store.db.all(sql.raw(text)));
    return { applied, state: upgradeState(known, applied) };
  };
  const status = async (): Promise<UpgradeStatus> => {
    const { applied, state } = await read();
    const newest = applied.at(-1);
    return {
      newest: newest === undefined ? null : nameOf(newest),
      open: state.open.map(nameOf),
      waiting: state.waiting.map(nameOf),
      unknown: state.unknown.map(nameOf),
      copies: path === undefined ? [] : copiesBefore(path),
    };
  };

  return {
    status,
    async finalize(by) {
      const { state } = await read();
      const before = await status();
      refuseNewer({
        ...state,
        unknown: state.unknown.map((one) => ({ ...one, finalizedAt: 0 })),
      });
      const at = nowMs();
      await store.write([
        ...MAKE_TABLES.map((text) => statement(text)),
        ...state.waiting
          .flatMap((one) => applying(one, at))
          .map((one) => (typeof one === 'string' ? statement(one) : statement(one.sql, one.args))),
        statement(`update "${KINDS_TABLE}" set finalized_at = ? where finalized_at is null`, [at]),
        recordAudit(store, {
          at,
          actor: by,
          action: 'finalize upgrade',
          subject: before.newest ?? 'nothing',
          details: { open: before.open, applied: before.waiting },
        }),
      ]);
      for (const copy of before.copies) rmSync(copy, { force: true });
      return before;
    },
  };
}

const statement = (text: string, params: unknown[] = []): Statement => ({
  toSQL: () => ({ sql: text, params }),
});
