import { createHmac } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { ApiError } from '../../shared/domain/errors.ts';
import { equalInConstantTime } from '../../shared/domain/token.ts';

const COOKIE = 'trimtab_dashboard';
/** Open without a key: they reveal nothing secret, or (ingest) carry a signature of their own. */
const OPEN: ReadonlySet<string> = new Set(['/health/live', '/health/ready', '/v1/ingest']);

/**
 * A secret key as a bearer token gives full access. A browser signs in at `/?key=sk_…` and from then on sends a cookie,
 * which is derived from the key, cannot be used as one, and gives read access only.
 */
export function authenticate(secretKeys: readonly string[]): MiddlewareHandler {
  const digests = secretKeys.map(digest);
  const cookies = secretKeys.map((key) =>
    createHmac('sha256', key).update(COOKIE).digest('base64url'),
  );
  const opens = (key: string) => contains(digests, digest(key));
  return async (c, next) => {
    if (OPEN.has(c.req.path)) return next();
    const key = c.req.path === '/' ? c.req.query('key') : undefined;
    if (key !== undefined && opens(key)) {
      const cookie = cookies[secretKeys.findIndex((own) => digest(own) === digest(key))];
      setCookie(c, COOKIE, cookie, {
        httpOnly: true,
        sameSite: 'Strict',
        path: '/',
        maxAge: 30 * 86_400,
      });
      return c.redirect('/', 303);
    }
    const bearer = /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (bearer !== undefined && opens(bearer)) return next();
    const reads = c.req.method === 'GET' || c.req.method === 'HEAD';
    if (reads && bearer === undefined && contains(cookies, getCookie(c, COOKIE) ?? ''))
      return next();
    throw new ApiError(
      401,
      'unauthorized',
      'send a secret key as "Authorization: Bearer sk_…"; for the dashboard, open /?key=sk_… once',
    );
  };
}

/** Digests have one length, so that comparing them reveals nothing of a key's length. */
const digest = (key: string) => createHmac('sha256', 'trimtab').update(key).digest('hex');

const contains = (list: readonly string[], value: string) =>
  list.reduce((found, entry) => equalInConstantTime(entry, value) || found, false);
