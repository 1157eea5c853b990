import { MOST_SHOWN, signCursor, verifyCursor, type Cursor } from '../../shared/domain/cursor.ts';
import type { ItemId, RankingId } from '../../shared/domain/ids.ts';
import type { ListAsked } from '../../shared/domain/list-asked.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import { murmur3 } from '../../shared/explore/murmur3.ts';
import type { Settings } from '../platform/settings.ts';

type Asked = Pick<RankRequest, 'placement' | 'sessionId' | 'limit'>;

/** @throws ApiError 400 where the cursor is not one of this session and placement, or too old. */
export const cursorOf = (
  { placement, sessionId }: Asked,
  text: string,
  { tokenSecrets }: Pick<Settings, 'tokenSecrets'>,
  nowMs: number,
): Cursor => verifyCursor(text, { session: sessionId ?? '', placement }, tokenSecrets, nowMs);

/** @returns undefined where nothing is left for another page, or a list has as many items as it may. */
export function nextCursor(
  { placement, sessionId, limit }: Asked,
  page: {
    readonly rankingId: RankingId;
    readonly seed: number;
    readonly ids: readonly ItemId[];
    readonly before: Cursor | undefined;
    readonly list: ListAsked;
  },
  { tokenSecrets, tokenTtlMs }: Pick<Settings, 'tokenSecrets' | 'tokenTtlMs'>,
  nowMs: number,
): string | undefined {
  const { rankingId, seed, ids, before, list } = page;
  const shown = [...(before?.shown ?? []), ...ids];
  if (ids.length < limit || shown.length >= MOST_SHOWN) return undefined;
  const next = {
    of: before?.of ?? rankingId,
    placement,
    // Of the seed before: the third page is the same as well, however often the second is asked for.
    seed: murmur3(`page ${shown.length}`, seed),
    expiresAt: nowMs + tokenTtlMs,
    list,
    shown,
  };
  return signCursor(next, sessionId ?? '', tokenSecrets[0]);
}
