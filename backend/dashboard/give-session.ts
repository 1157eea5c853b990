import type { Context } from 'hono';
import { giveCookie, SESSION_COOKIE } from '../http/cookie.ts';
import type { Login } from '../login/service.ts';

/**
 * `Lax`, so that a link from a chat opens the page that it names; what changes something needs more than the cookie.
 * @param url where the browser comes from, where that is known.
 */
export function giveSession(c: Context, { sessions }: Login, cookie: string, url?: string): void {
  giveCookie(c, SESSION_COOKIE, cookie, { maxAge: sessions.maxAge, sameSite: 'Lax', url });
}
