import { and, desc, eq, inArray } from 'drizzle-orm';
import type { Version } from '../../shared/domain/ids.ts';
import type { Store } from '../store/open.ts';
import { audit } from '../store/tables.ts';
import { BY_HAND } from './compare-pointer.ts';

/** What makes a version live; a release, a change of traffic and a restored pointer leave live what was. */
const MOVES = [
  'first publish',
  'promote',
  'rollback',
  'move completed',
  'pointer moved by hand',
  'begin placement',
] as const;

/**
 * Who last made a version live, by the audit log: an operator, a training run, a rollout. The pointer does not always say:
 * after a release it bears the name of whoever released it.
 */
export async function whoMadeLive({ db }: Store, version: Version): Promise<string | undefined> {
  const [entry] = await db
    .select({ actor: audit.actor })
    .from(audit)
    .where(and(eq(audit.subject, version), inArray(audit.action, [...MOVES])))
    .orderBy(desc(audit.id))
    .limit(1);
  return entry?.actor === BY_HAND ? 'somebody by hand' : entry?.actor;
}
