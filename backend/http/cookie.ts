import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { CookieOptions } from 'hono/utils/cookie';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Plain http to this machine crosses no network, and some browsers keep no `Secure` cookie from it. */
const isLoopback = (c: Context): boolean => {
  const { protocol, hostname } = new URL(c.req.url);
  return protocol === 'http:' && LOOPBACK.has(hostname);
};

/** Under `__Host-` a browser takes a cookie only from this very host over https, for no other path or subdomain. */
const nameIn = (c: Context, name: string) => (isLoopback(c) ? name : `__Host-${name}`);

/** @param sameSite `Lax` where links from elsewhere are to work, else `Strict`. */
export function giveCookie(
  c: Context,
  name: string,
  value: string,
  { maxAge, sameSite }: { readonly maxAge: number; readonly sameSite: 'Lax' | 'Strict' },
): void {
  setCookie(c, nameIn(c, name), value, { ...optionsIn(c), sameSite, maxAge });
}

export const cookieIn = (c: Context, name: string): string => getCookie(c, nameIn(c, name)) ?? '';

export function takeCookie(c: Context, name: string): void {
  deleteCookie(c, nameIn(c, name), optionsIn(c));
}

const optionsIn = (c: Context): CookieOptions => ({
  httpOnly: true,
  path: '/',
  secure: !isLoopback(c),
});

/** Of a browser that is signed in. */
export const SESSION_COOKIE = 'trimtab_session';
