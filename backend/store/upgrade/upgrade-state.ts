import { BASELINE, type Migration, type MigrationKind } from './migrations.ts';

/** Drizzle's own table and columns: stores from before these files are read, and drizzle's tools read ours. */
export const DRIZZLE_TABLE = '__drizzle_migrations';
/** What drizzle's has no room for: of which kind each migration is, and since when nobody goes back before it. */
export const KINDS_TABLE = '__trimtab_migrations';

export const MAKE_TABLES = [
  `create table if not exists "${DRIZZLE_TABLE}" (id serial primary key, hash text not null, created_at numeric)`,
  `create table if not exists "${KINDS_TABLE}" (made_at integer primary key, tag text not null, kind text not null, applied_at integer not null, finalized_at integer)`,
];

/** A migration that a database has. */
export interface Applied {
  /** `Migration.when`. */
  readonly when: number;
  /** Undefined of those from before kinds were noted, and of those that another tool applied. */
  readonly tag?: string;
  readonly kind?: MigrationKind;
  /** Epoch ms; undefined: one may still go back before it. */
  readonly finalizedAt?: number;
}

export type Rows = readonly Readonly<Record<string, unknown>>[];
export type Read = (sql: string) => Promise<Rows>;

/** @returns those of a database in the order in which they were made; none in an empty one. */
export async function readApplied(read: Read): Promise<Applied[]> {
  const tables = await read(
    `select name from sqlite_master where type = 'table' and name in ('${DRIZZLE_TABLE}', '${KINDS_TABLE}')`,
  );
  const has = (name: string) => tables.some((table) => table.name === name);
  if (!has(DRIZZLE_TABLE)) return [];
  const rows = has(KINDS_TABLE)
    ? await read(`select d.created_at as made, k.tag, k.kind, k.finalized_at as finalized
        from "${DRIZZLE_TABLE}" d left join "${KINDS_TABLE}" k on k.made_at = d.created_at order by d.created_at`)
    : await read(
        `select created_at as made, null as tag, null as kind, null as finalized from "${DRIZZLE_TABLE}" order by created_at`,
      );
  return rows.map(({ made, tag, kind, finalized }) => ({
    when: Number(made),
    ...(typeof tag === 'string' && { tag }),
    ...((kind === 'expand' || kind === 'contract') && { kind }),
    ...(finalized !== null && { finalizedAt: Number(finalized) }),
  }));
}

/** What a backend with some migrations finds in a database. */
export interface UpgradeState {
  /** They are to be applied by the next start. */
  readonly missing: readonly Migration[];
  /** Contract migrations that wait until the upgrade is finalized. */
  readonly waiting: readonly Migration[];
  /** Applied since the last time that an upgrade was finalized: the version before works without them. */
  readonly open: readonly Applied[];
  /** A newer version applied them, and this one does not know them. */
  readonly unknown: readonly Applied[];
}

export function upgradeState(
  known: readonly Migration[],
  applied: readonly Applied[],
): UpgradeState {
  const has = new Set(applied.map(({ when }) => when));
  const newest = Math.max(0, ...has);
  const isKnown = new Set(known.map(({ when }) => when));
  // Up to the baseline they were only ever applied in their order, and rows from then may lack some that were renumbered.
  const lacking = known.filter(({ when }) => !has.has(when) && (when > newest || when > BASELINE));
  // Nobody goes back to before a new database.
  const isNew = applied.length === 0;
  return {
    missing: lacking.filter(({ kind }) => isNew || kind === 'expand'),
    waiting: isNew ? [] : lacking.filter(({ kind }) => kind === 'contract'),
    open: applied.filter(({ when, finalizedAt }) => when > BASELINE && finalizedAt === undefined),
    unknown: applied.filter(({ when }) => when > BASELINE && !isKnown.has(when)),
  };
}

/** Tells why a backend must not work on a database; its message says what to do. */
export class NewerDatabase extends Error {
  constructor(unknown: readonly Applied[]) {
    const names = unknown.map(({ tag, when }) => tag ?? `that of ${new Date(when).toISOString()}`);
    super(
      `the database was upgraded by a newer version of Trimtab and can no longer be used by this one (${names.join(', ')}): start the newer version, or restore a backup from before`,
    );
    this.name = 'NewerDatabase';
  }
}

/** @throws NewerDatabase where one may not go back to this version any more. */
export function refuseNewer({ unknown }: UpgradeState): void {
  const final = unknown.filter(
    ({ kind, finalizedAt }) => kind !== 'expand' || finalizedAt !== undefined,
  );
  if (final.length > 0) throw new NewerDatabase(final);
}
