import { transientHmac } from '../hash/hmac.ts';
import { transientUtf8 } from '../hash/utf8.ts';
import { fromBase64Url, toBase64Url } from './base64url.ts';
import { ApiError } from './errors.ts';
import type { ItemId, RankingId } from './ids.ts';
import type { ListAsked } from './list-asked.ts';
import type { Placement } from './placement.ts';
import type { NewestFirst } from './secrets.ts';
import { equalInConstantTime } from './token.ts';

/** So many items may the pages of one list hold together. */
export const MOST_SHOWN = 1000;

/** Where the next page of a list begins. */
export interface Cursor {
  /** The ranking of the first page. */
  readonly of: RankingId;
  readonly placement: Placement;
  /** Of the next page, 32 bits: whoever asks for a page again gets it again. */
  readonly seed: number;
  /** Epoch ms. */
  readonly expiresAt: number;
  /** What the request of the page before listed; undefined where a release wrote the cursor that did not say so. */
  readonly list: ListAsked | undefined;
  /** All items of the pages so far, from the top. */
  readonly shown: readonly ItemId[];
}

/** As it is issued. */
type WrittenCursor = Cursor & { readonly list: ListAsked };

/** Format 1, which is read only, does not say what was listed. */
const FORMAT = 2;

/**
 * `base64url(fields as JSON)`, a dot and `base64url(HMAC-SHA-256)` of it and of the session: whoever holds it can read it, and nobody else can use it. It
 * names items and neither version nor catalogue, so that it goes on whatever was published since.
 * @param session as the site gave it; empty where there is none.
 */
export function signCursor(cursor: WrittenCursor, session: string, secret: string): string {
  const { of, placement, seed, expiresAt, list, shown } = cursor;
  const fields = [FORMAT, of, placement, seed, expiresAt, list, ...shown];
  const body = toBase64Url(transientUtf8(JSON.stringify(fields)));
  return `${body}.${signature(body, session, secret)}`;
}

/** @throws ApiError 400 `invalid_cursor` where it was not issued for this session and placement, `expired_cursor` where it is too old. */
export function verifyCursor(
  text: string,
  { session, placement }: { readonly session: string; readonly placement: Placement },
  secrets: NewestFirst<string>,
  nowMs: number,
): Cursor {
  const dot = text.indexOf('.');
  const body = text.slice(0, Math.max(dot, 0));
  const isOurs =
    dot > 0 &&
    secrets.some((one) => equalInConstantTime(text.slice(dot + 1), signature(body, session, one)));
  if (!isOurs)
    throw new ApiError(
      400,
      'invalid_cursor',
      'the cursor was not issued here, or for another session: send the one that the page before came with',
    );
  const [format, of, own, seed, expiresAt, ...others] = JSON.parse(
    new TextDecoder().decode(fromBase64Url(body)),
  ) as [number, RankingId, Placement, number, number, ...(ListAsked | ItemId)[]];
  if (format !== 1 && format !== FORMAT)
    throw new ApiError(
      400,
      'invalid_cursor',
      'the cursor is of another release: ask for the first page again',
    );
  if (own !== placement)
    throw new ApiError(
      400,
      'invalid_cursor',
      `the cursor is of placement ${own}, and the request of ${placement}`,
    );
  if (expiresAt <= nowMs)
    throw new ApiError(
      400,
      'expired_cursor',
      'the cursor is too old: ask for the first page again',
    );
  const list = format === 1 ? undefined : (others.shift() as ListAsked);
  return { of, placement, seed, expiresAt, list, shown: others as ItemId[] };
}

const signature = (body: string, session: string, secret: string) =>
  toBase64Url(transientHmac(`cursor ${secret}`, `${body}\0${session}`));
