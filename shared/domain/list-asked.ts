import { sha256 } from '../hash/sha256.ts';
import { toBase64Url } from './base64url.ts';
import { canonicalJson } from './canonical-json.ts';
import { ApiError } from './errors.ts';
import { ReadOnce } from './read-once.ts';
import type { RankRequest } from './rank-request.ts';
import type { Trade } from './trade.ts';

/** What the pages of a list have to ask alike, as a request calls it. What a visitor does meanwhile, such as `recent`, may differ. */
const FIELDS = ['context.market', 'currency', 'language', 'amounts', 'filters', 'related'] as const;
type Field = (typeof FIELDS)[number];

/** Of each of these fields 64 bits of SHA-256, base64url, of what a request asks; those that it does not ask are absent. */
export type ListAsked = { readonly [F in Field]?: string };

const HASH_BYTES = 8;

/**
 * What list a request asks a page of. Amounts count as they were asked, since exchange rates may change from page to page.
 * @param asked as it came. @param inMarket the same in its market (`requestInMarket`).
 * @param trade of the catalogue that it is ranked from: without markets, `context.market` is a fact about the visitor like any other.
 */
export function listAsked(
  { currency, language, amounts, filters, related }: RankRequest,
  inMarket: Pick<RankRequest, 'context'>,
  trade: Trade | undefined,
): ListAsked {
  const values: Readonly<Record<Field, unknown>> = {
    'context.market': trade?.markets && inMarket.context.market,
    currency,
    language,
    amounts: amounts?.toSorted(),
    filters,
    related: related?.to.toSorted(),
  };
  const asked = FIELDS.filter((field) => values[field] !== undefined);
  return Object.fromEntries(asked.map((field) => [field, hashes.of(values[field])]));
}

/** All visitors of a page ask for the same list, or nearly. */
const hashes = new ReadOnce((value) =>
  toBase64Url(sha256(canonicalJson(value)).subarray(0, HASH_BYTES)),
);

/**
 * @param before what the page before was of. A market counts where both have one: a list goes on when the catalogue gets markets or cannot be read.
 * @throws ApiError 400 `invalid_cursor` naming the fields that differ.
 */
export function checkSameList(before: ListAsked, now: ListAsked): void {
  const differ = FIELDS.filter(
    (field) =>
      before[field] !== now[field] &&
      (field !== 'context.market' || (before[field] !== undefined && now[field] !== undefined)),
  );
  if (differ.length === 0) return;
  throw new ApiError(
    400,
    'invalid_cursor',
    `the cursor is of a request with other ${differ.join(', ')}: ask for further pages as for the first one, or ask for a first page again`,
  );
}
