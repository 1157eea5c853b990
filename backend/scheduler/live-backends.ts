import { and, like } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { leases } from '../store/tables.ts';
import { isHeldAt, LEASE_MS, presenceOf } from './lease.ts';
import { ROLES, type RoleName } from './roles.ts';

export interface LiveBackend {
  readonly backend: string;
  readonly roles: readonly RoleName[];
}

/** Whom a presence names as its holder: the backend, and what it does. */
export const presenceHolder = (backend: string, roles: readonly RoleName[]): string =>
  `${backend} ${roles.join(',')}`;

/** The backends of this database that have said lately that they are alive. One from before there were roles does everything. */
export async function listBackends(
  { db }: Pick<Store, 'db'>,
  nowMs: number,
): Promise<LiveBackend[]> {
  const rows = await db
    .select()
    .from(leases)
    .where(and(like(leases.name, `${presenceOf('')}%`), isHeldAt(nowMs, LEASE_MS)));
  return rows.map(({ holder }) => {
    const [backend, names] = holder.split(' ');
    const roles = ROLES.filter((role) => names === undefined || names.split(',').includes(role));
    return { backend, roles };
  });
}
