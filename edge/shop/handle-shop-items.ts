import { invalid } from '../../shared/domain/errors.ts';
import { attributesAt } from '../../shared/features/columns/item-table.ts';
import { authorize } from '../http/authorize.ts';
import { jsonResponse, notFound } from '../http/json-response.ts';
import { readJson } from '../http/read-body.ts';
import type { Isolate } from '../isolate.ts';
import { cellOf } from '../platform/cell.ts';

/** As many as a page with its visitors shows at once. */
const MAX_IDS = 500;
/** So many ids of the longest kind. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * `POST /shop/items {"ids": […]}`: what the live catalogue says of these items, as `{"items": [{"id", …attributes}]}`, dates in epoch
 * ms; items that it does not have are left out. It stands in for the product data that a site has of its own, so it answers only
 * where the shop is switched on. It counts as a ranking of its key and address.
 * @throws ApiError 404 where the shop is off, 401, 429, and 400 naming what is wrong with the list.
 */
export async function handleShopItems(
  request: Request,
  isolate: Isolate,
  ctx: ExecutionContext,
): Promise<Response> {
  const { settings, rateLimits, snapshot } = isolate;
  if (!settings.hasShop) throw notFound(request);
  const role = await authorize(request, isolate, 'rank', ctx);
  await rateLimits.checkCaller('rank', request, role);
  const ids = idsOf(await readJson(request, MAX_BODY_BYTES));
  const { loaded } = await snapshot.get(ctx, () => cellOf(request), Date.now());
  const items = ids.flatMap((id) => {
    const row = loaded?.rankable.rows.get(id);
    return row === undefined ? [] : { ...attributesAt(loaded!.rankable.table, row), id };
  });
  return jsonResponse({ items });
}

function idsOf(body: unknown): readonly string[] {
  const ids: unknown = (body as { readonly ids?: unknown } | null)?.ids;
  const fits =
    Array.isArray(ids) && ids.length <= MAX_IDS && ids.every((id) => typeof id === 'string');
  if (fits) return ids;
  throw invalid(`the body must be {"ids": […]} with at most ${MAX_IDS} texts`);
}
