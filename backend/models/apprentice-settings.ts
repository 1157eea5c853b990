import { sql } from 'drizzle-orm';
import {
  EVERYWHERE,
  type ApprenticePlacement,
  type Apprenticeships,
} from '../../shared/domain/apprentice.ts';
import { ApiError } from '../../shared/domain/errors.ts';
import { recordAudit } from '../store/audit.ts';
import type { Statement, Store } from '../store/open.ts';
import { apprenticeChanges } from '../store/tables.ts';

/** A setting that holds, and who made it. */
export interface ApprenticeSetting {
  readonly placement: ApprenticePlacement;
  /** Of the sessions that Trimtab ranks for, 0..1. */
  readonly share: number;
  readonly change: number;
  readonly by: string;
  /** Epoch ms. */
  readonly since: number;
}

/** The newest change of each placement unless it removed the setting, that of everywhere first; empty where nothing is set. */
export const readApprenticeSettings = ({ db }: Pick<Store, 'db'>): Promise<ApprenticeSetting[]> =>
  db.all<ApprenticeSetting>(sql`
    select placement, share, id as change, actor as "by", at as since
    from ${apprenticeChanges} where id in (select max(id) from ${apprenticeChanges} group by placement)
      and not isRemoved
    order by placement`);

/**
 * As the pointer holds them; undefined where Trimtab ranks for everybody, as it did before there was a mode.
 * @param settings in a fixed order, as pointers are compared as text.
 */
export function apprenticeshipsOf(
  settings: readonly ApprenticeSetting[],
): Apprenticeships | undefined {
  if (settings.every(({ share }) => share === 1)) return undefined;
  return Object.fromEntries(
    settings.map(({ placement, share, change }) => [placement, { share, change }]),
  );
}

/** To be written, with its line of the audit log, in one transaction. */
export const changeApprentice = (
  store: Store,
  {
    placement,
    share,
    by,
    at,
  }: {
    readonly placement: ApprenticePlacement;
    readonly share: number;
    readonly by: string;
    readonly at: number;
  },
): Statement[] => [
  store.db.insert(apprenticeChanges).values({ at, actor: by, placement, share }),
  recordAudit(store, {
    at,
    actor: by,
    action: 'set apprentice',
    subject: placement,
    details: { share },
  }),
];

/**
 * To be written: the placement has no setting of its own any more, so that what holds everywhere holds there. The change stays
 * in the table with all others, as comparisons are counted by it.
 * @param settings as `readApprenticeSettings` has them. @throws ApiError 404 `not_set` where there is none to remove.
 */
export function removeApprentice(
  store: Store,
  settings: readonly ApprenticeSetting[],
  {
    placement,
    by,
    at,
  }: { readonly placement: ApprenticePlacement; readonly by: string; readonly at: number },
): Statement[] {
  const own = settings.find((one) => one.placement === placement);
  if (own === undefined)
    throw new ApiError(
      404,
      'not_set',
      placement === EVERYWHERE
        ? 'nothing is set for all placements: there is nothing to remove'
        : `placement ${placement} has no setting of its own: there is nothing to remove`,
    );
  const everywhere = settings.find((one) => one.placement === EVERYWHERE);
  // Trimtab ranks where nobody ever set anything.
  const share = (placement === EVERYWHERE ? undefined : everywhere?.share) ?? 1;
  return [
    store.db.insert(apprenticeChanges).values({ at, actor: by, placement, share, isRemoved: true }),
    recordAudit(store, {
      at,
      actor: by,
      action: 'remove apprentice',
      subject: placement,
      details: { before: own.share, now: share },
    }),
  ];
}

/**
 * The settings of a pointer that was found in KV by a store that has none, because it is new or was lost: a site that keeps its
 * own order goes on to keep it.
 */
export const recordFoundApprentice = (
  store: Store,
  found: Apprenticeships = {},
  nowMs: number,
): Statement[] =>
  Object.entries(found).map(([placement, { share, change }]) =>
    store.db
      .insert(apprenticeChanges)
      .values({ id: change, at: nowMs, actor: 'found in KV', placement, share })
      .onConflictDoNothing(),
  );
