import { createHmac } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { allows } from '../../shared/domain/access-key.ts';
import { ApiError } from '../../shared/domain/errors.ts';
import { equalInConstantTime } from '../../shared/domain/token.ts';
import type { AccessKeys, KeyHolder } from '../access/keys.ts';
import type { Login } from '../login/service.ts';
import type { Session } from '../login/sessions.ts';
import { cookieIn, SESSION_COOKIE } from './cookie.ts';
import { scopeNeeded } from './scope-of-route.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** Absent where a key was shown. */
    session?: Session;
    /** Who showed a key that was made by name. */
    holder?: KeyHolder;
  }
}

/** Open without a key: they reveal nothing secret, or (ingest, changes of items) carry a signature of their own. */
export const OPEN_PATHS: ReadonlySet<string> = new Set([
  '/health/live',
  '/health/ready',
  '/v1/ingest',
  '/v1/items/changes',
]);
/** The dashboard's pages, which ask for a session themselves: who has none is shown how to sign in, and not an error. */
const PAGES = /^\/(?:$|login(?:\/|$)|logout$|dashboard(?:\/|$))/;
/** They compute and change nothing: whoever may look may ask for them. */
const READS_BY_POST: ReadonlySet<string> = new Set([
  '/v1/experiments/size',
  '/v1/rankings/preview',
]);
/** Who is signed in by a browser lets nobody else in. */
const KEY_ONLY = /^\/v1\/(?:logins|keys)(?:\/|$)/;
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * A secret key of the configuration, as a bearer token, may do everything, and one that was made by name what its scopes say. A browser that is signed in reads; what changes something needs the role of an
 * operator as well, and the token that this session's pages hold.
 */
export function authenticate(
  secretKeys: readonly string[],
  keys: Pick<AccessKeys, 'holder'>,
  login: Login,
): MiddlewareHandler {
  const digests = secretKeys.map(digest);
  const opens = (key: string) => contains(digests, digest(key));
  return async (c, next) => {
    if (isOpen(c) || PAGES.test(c.req.path)) return next();
    const bearer = /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (bearer !== undefined && opens(bearer)) return next();
    const holder = bearer === undefined ? undefined : await keys.holder(bearer);
    if (holder !== undefined) {
      checkScope(c, holder);
      c.set('holder', holder);
      return next();
    }
    const session = bearer === undefined ? await sessionIn(c, login) : undefined;
    if (session === undefined)
      throw new ApiError(
        401,
        'unauthorized',
        'send a secret key as "Authorization: Bearer sk_…"; for the dashboard, "trimtab login" prints a link that signs a browser in',
      );
    checkAllowed(c, session);
    c.set('session', session);
    return next();
  };
}

/** What is signed is posted: other methods on its path mean something else, such as an item that is called "changes". */
const isOpen = ({ req: { path, method } }: Context): boolean =>
  OPEN_PATHS.has(path) && (method === 'POST' || !path.startsWith('/v1/'));

/** @throws ApiError 403 where the scopes of the key do not open the route. */
function checkScope(c: Context, { name, scopes }: KeyHolder): void {
  const needed = scopeNeeded(c);
  if (allows(scopes, needed)) return;
  throw new ApiError(
    403,
    'scope',
    `the key "${name}" is for ${scopes.join(', ')}, and this needs ${needed}`,
  );
}

/** Who is signed in, by the cookie of the request. @param isUse as sessions are read. */
export const sessionIn = async (
  c: Context,
  { sessions }: Login,
  isUse?: boolean,
): Promise<Session | undefined> => {
  const cookie = cookieIn(c, SESSION_COOKIE);
  return cookie === '' ? undefined : sessions.read(cookie, isUse);
};

/** @throws ApiError 403 where the session may not ask for this, or another site asked for it in its name. */
function checkAllowed(c: Context, { role, csrf }: Session): void {
  const { method, path } = c.req;
  if (KEY_ONLY.test(path))
    throw new ApiError(403, 'key_needed', 'this needs a secret key: run "trimtab login"');
  if (READS.has(method)) return;
  if (!equalInConstantTime(csrf, c.req.header('x-csrf-token') ?? '') || isFromElsewhere(c))
    throw new ApiError(
      403,
      'csrf',
      'the page is of another session: load it again, and repeat what you did',
    );
  if (role !== 'operator' && !READS_BY_POST.has(path))
    throw new ApiError(
      403,
      'viewer',
      'you are signed in to look: an operator may do this ("trimtab login --role operator")',
    );
}

/** Browsers say so by themselves, and no page can change what they say. */
export const isFromElsewhere = (c: Context): boolean => {
  const site = c.req.header('sec-fetch-site');
  return site !== undefined && site !== 'same-origin' && site !== 'none';
};

/** Digests have one length, so that comparing them reveals nothing of a key's length. */
const digest = (key: string) => createHmac('sha256', 'trimtab').update(key).digest('hex');

const contains = (list: readonly string[], value: string) =>
  list.reduce((found, entry) => equalInConstantTime(entry, value) || found, false);
