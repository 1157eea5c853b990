import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { CookieOptions } from 'hono/utils/cookie';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Plain http to this machine crosses no network, and some browsers keep no `Secure` cookie from it. */
const isLoopback = (c: Context): boolean => {
  const { protocol, hostname } = new URL(c.req.url);
  return protocol === 'http:' && LOOPBACK.has(hostname);
};

/**
 * A proxy that ends TLS on this machine may ask for `127.0.0.1` itself, and then the address of the request does not tell that the
 * browser is elsewhere. The browser tells with what it sends, and many proxies do.
 */
const isOverHttps = (c: Context): boolean =>
  /^https:/i.test(c.req.header('origin') ?? '') ||
  /^\s*https\b/i.test(c.req.header('x-forwarded-proto') ?? '');

/** Under `__Host-` a browser takes a cookie only from this very host over https, for no other path or subdomain. */
const secureName = (name: string) => `__Host-${name}`;

interface Given {
  readonly maxAge: number;
  /** `Lax` where links from elsewhere are to work, else `Strict`. */
  readonly sameSite: 'Lax' | 'Strict';
  /** The address from which the browser is known to come, where it is known. */
  readonly url?: string | undefined;
}

export function giveCookie(
  c: Context,
  name: string,
  value: string,
  { url = '', ...options }: Given,
): void {
  const isSecure = !isLoopback(c) || isOverHttps(c) || /^https:/i.test(url);
  setCookie(c, isSecure ? secureName(name) : name, value, { ...optionsOf(isSecure), ...options });
}

/** Not every request of a browser tells how it comes, so that on this machine either name may be what it was given. */
export const cookieIn = (c: Context, name: string): string =>
  getCookie(c, secureName(name)) ?? (isLoopback(c) ? getCookie(c, name) : undefined) ?? '';

export function takeCookie(c: Context, name: string): void {
  deleteCookie(c, secureName(name), optionsOf(true));
  if (isLoopback(c)) deleteCookie(c, name, optionsOf(false));
}

const optionsOf = (isSecure: boolean): CookieOptions => ({
  httpOnly: true,
  path: '/',
  secure: isSecure,
});

/** Of a browser that is signed in. */
export const SESSION_COOKIE = 'trimtab_session';
