import type { Context } from 'hono';
import type { Asset } from './assets.ts';

/** A script or style sheet, packed where the browser takes that. Its address changes with what is in it, so it is kept for ever. */
export function sendAsset(c: Context, asset: Asset, type: 'text/css' | 'text/javascript') {
  const isGzip = /\bgzip\b/.test(c.req.header('accept-encoding') ?? '');
  return c.body(isGzip ? asset.gzipped : asset.plain, 200, {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
    ...(isGzip && { 'content-encoding': 'gzip' }),
  });
}
