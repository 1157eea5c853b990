import { like } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { leases } from '../store/tables.ts';
import { isHeldUntil, LEASE_MS, presenceOf } from './lease.ts';
import { ROLES, type RoleName } from './roles.ts';

export interface LiveBackend {
  readonly backend: string;
  readonly roles: readonly RoleName[];
}

/** Whom a presence names as its holder: the backend, and what it does. */
export const presenceHolder = (backend: string, roles: readonly RoleName[]): string =>
  `${backend} ${roles.join(',')}`;

/** The leases by which backends have shown that they are alive: of those that are, and of those that have ended. */
export async function readPresences(db: Store['db'], nowMs: () => number) {
  const rows = await db
    .select()
    .from(leases)
    .where(like(leases.name, `${presenceOf('')}%`));
  const now = nowMs();
  const isAlive = ({ expiresAt }: { readonly expiresAt: number }) =>
    isHeldUntil(expiresAt, now, LEASE_MS);
  return { alive: rows.filter(isAlive), ended: rows.filter((row) => !isAlive(row)) };
}

/** The backends of this database that have said lately that they are alive. One from before there were roles does everything. */
export async function listBackends(
  { db }: Pick<Store, 'db'>,
  nowMs: () => number,
): Promise<LiveBackend[]> {
  const { alive } = await readPresences(db, nowMs);
  return alive.map(({ holder }) => {
    const [backend, names] = holder.split(' ');
    const roles = ROLES.filter((role) => names === undefined || names.split(',').includes(role));
    return { backend, roles };
  });
}
