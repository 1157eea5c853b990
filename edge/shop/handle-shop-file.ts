import { notFound } from '../http/json-response.ts';
import type { Isolate } from '../isolate.ts';
import { SHOP_FILES } from './shop-files.ts';

/** Scripts, styles, requests and pictures of this address alone, nothing inline, in no frame of others, and no form that is sent anywhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const KEY_PLACE = '{{publishable key}}';

/**
 * `GET /shop` and what it loads. The page has the first publishable key in it, as pages do.
 * @throws ApiError 404 where the shop is off, as of any address that does not exist.
 */
export function handleShopFile(path: keyof typeof SHOP_FILES) {
  const { etag, type, text } = SHOP_FILES[path];
  const headers = {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
  // The key in a page changes without its text, so a page is never taken from a cache.
  const isPage = type === 'text/html';
  return (request: Request, { settings }: Isolate): Response => {
    if (!settings.hasShop) throw notFound(request);
    if (isPage) {
      const page = text.replace(KEY_PLACE, () => inAttribute(settings.pagesKey));
      return new Response(page, { headers: { ...headers, 'cache-control': 'no-store' } });
    }
    const cached = { ...headers, etag, 'cache-control': 'no-cache' };
    return request.headers.get('if-none-match')?.includes(etag)
      ? new Response(null, { status: 304, headers: cached })
      : new Response(text, { headers: cached });
  };
}

const inAttribute = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
