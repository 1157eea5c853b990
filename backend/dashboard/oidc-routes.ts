import { Hono, type Context } from 'hono';
import { ApiError } from '../../shared/domain/errors.ts';
import { addressOf } from '../http/address-of.ts';
import { cookieIn, giveCookie, takeCookie } from '../http/cookie.ts';
import { nextPage } from '../login/next-page.ts';
import { CALLBACK, type Checks } from '../login/oidc.ts';
import type { Login } from '../login/service.ts';
import { giveSession } from './give-session.ts';

const COOKIE = 'trimtab_oidc';
const SECONDS = 600;

/** `until`, epoch ms: a browser forgets a cookie by its own clock, and a copy of one is never forgotten. */
type Kept = Checks & { readonly next: string; readonly until: number };

/** Signing in at an identity provider. Without one that is configured, there are no such pages. */
export function oidcRoutes(
  login: Login,
  showLogin: (c: Context, next: string, problem: string) => Promise<Response>,
): Hono {
  const app = new Hono();
  const { provider, seal, settings } = login;
  // Both pages are of the browser that the provider sends back to this address.
  const { url } = settings;
  if (provider === undefined) return app;
  app.get('/login/oidc', async (c) => {
    await login.attempts.count(addressOf(c));
    const { location, checks } = await provider.start();
    const until = login.nowMs() + SECONDS * 1000;
    const kept: Kept = { ...checks, next: nextPage(c.req.query('next')), until };
    const value = Buffer.from(JSON.stringify(kept)).toString('base64url');
    giveCookie(c, COOKIE, `${value}.${seal.of(value)}`, { maxAge: SECONDS, sameSite: 'Lax', url });
    return c.redirect(location, 303);
  });
  app.get(CALLBACK, async (c) => {
    // Each try asks the provider, and whoever began once can come back as often as they like.
    await login.attempts.count(addressOf(c));
    const [value, own = ''] = cookieIn(c, COOKIE).split('.', 2);
    takeCookie(c, COOKIE);
    const kept: Kept | undefined = seal.isOwn(value, own)
      ? JSON.parse(Buffer.from(value, 'base64url').toString())
      : undefined;
    // One that was given before there was a time in it counts as over.
    if (kept === undefined || !(login.nowMs() < kept.until))
      return showLogin(c, '', 'This browser did not begin to sign in, or too long ago: try again.');
    const { next, until: _, ...checks } = kept;
    try {
      const person = await provider.finish(new URL(c.req.url), checks);
      giveSession(c, login, await login.sessions.open(person, provider.issuer), url);
      return c.redirect(nextPage(next), 303);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return showLogin(c, next, `${error.message[0].toUpperCase()}${error.message.slice(1)}.`);
    }
  });
  return app;
}
