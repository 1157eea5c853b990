import { Hono, type Context } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { equalInConstantTime } from '../../shared/domain/token.ts';
import { addressOf } from '../http/address-of.ts';
import { isFromElsewhere, sessionIn } from '../http/auth.ts';
import { cookieIn, giveCookie, SESSION_COOKIE, takeCookie } from '../http/cookie.ts';
import { FIRST_PAGE, nextPage } from '../login/next-page.ts';
import type { Login } from '../login/service.ts';
import type { Session } from '../login/sessions.ts';
import type { Store } from '../store/open.ts';
import { assets } from './assets.ts';
import { frame, ICON, loginPage } from './frame.ts';
import { giveSession } from './give-session.ts';
import { liveFeed, liveStream } from './live.ts';
import { oidcRoutes } from './oidc-routes.ts';
import { NEVER_KEPT, OWN_ALONE } from './page-headers.ts';
import { PAGES } from './pages.ts';
import { REFERENCE_PATH, referenceHeaders, referenceRoutes } from './reference/routes.ts';
import { sendAsset } from './send-asset.ts';
import { themeOf } from './theme.ts';

export interface DashboardDeps {
  readonly store: Pick<Store, 'db'>;
  readonly login: Login;
  /** Where this backend reaches the edge. */
  readonly edgeUrl: string;
}

const FORM_COOKIE = 'trimtab_form';
const FORM_SECONDS = 3600;

/** Sign-in, the pages, and what they load. What pages show they read from the JSON routes. */
export function dashboardRoutes({ store, login, edgeUrl }: DashboardDeps): Hono {
  const app = new Hono();
  const headers = secureHeaders(OWN_ALONE);
  for (const path of ['/', '/login', '/login/*', '/logout', '/dashboard', '/dashboard/*'])
    app.use(path, (c, next) =>
      c.req.path === REFERENCE_PATH ? referenceHeaders(c, next) : headers(c, next),
    );

  app.get('/dashboard/:name{[\\w-]+\\.(?:js|css)}', async (c) => {
    const name = c.req.param('name');
    const asset = (await assets()).files.get(name);
    if (asset === undefined) return c.notFound();
    return sendAsset(c, asset, name.endsWith('.css') ? 'text/css' : 'text/javascript');
  });
  app.get('/dashboard/icon.svg', (c) => c.body(ICON, 200, { 'content-type': 'image/svg+xml' }));

  const showLogin = async (c: Context, next: string, problem?: string) => {
    let cookie = cookieIn(c, FORM_COOKIE);
    if (cookie === '') {
      cookie = login.form.newCookie();
      giveCookie(c, FORM_COOKIE, cookie, { maxAge: FORM_SECONDS, sameSite: 'Strict' });
    }
    const { oidc } = login.settings;
    const shown = loginPage({
      theme: themeOf(c),
      assets: await assets(),
      csrf: login.form.tokenOf(cookie),
      next: nextPage(next),
      ...(problem !== undefined && { problem }),
      ...(oidc && { provider: new URL(oidc.issuer).hostname }),
    });
    return c.html(shown, problem === undefined ? 200 : 401, NEVER_KEPT);
  };

  app.get('/', async (c) => {
    const next = c.req.query('next');
    if ((await sessionIn(c, login)) !== undefined) return c.redirect(nextPage(next), 303);
    return c.req.query('key') === undefined
      ? showLogin(c, next ?? FIRST_PAGE)
      : showLogin(c, FIRST_PAGE, 'Keys in addresses are not taken any more: use a link.');
  });
  app.post('/login', async (c) => {
    await login.attempts.count(addressOf(c));
    const form = await c.req.parseBody();
    const [token, next, csrf] = [form.token, form.next, form.csrf].map(textOf);
    if (isFromElsewhere(c) || !login.form.isOwn(cookieIn(c, FORM_COOKIE), csrf))
      return showLogin(c, next, 'The page was too old, or of another browser: try again.');
    const cookie = await login.sessions.openByLink(token.trim());
    if (cookie === undefined)
      return showLogin(
        c,
        next,
        'This link does not open anything: it was used, or it is too old. Ask for another one.',
      );
    giveSession(c, login, cookie);
    return c.redirect(nextPage(next), 303);
  });
  app.post('/logout', async (c) => {
    const session = await sessionIn(c, login);
    const csrf = textOf((await c.req.parseBody()).csrf);
    if (session !== undefined && (isFromElsewhere(c) || !equalInConstantTime(session.csrf, csrf)))
      return c.text('This form is of another session.', 403);
    await login.sessions.end(cookieIn(c, SESSION_COOKIE));
    takeCookie(c, SESSION_COOKIE);
    return c.redirect('/', 303);
  });
  app.route('/', oidcRoutes(login, showLogin));

  app.route('/', referenceRoutes({ login, edgeUrl }));

  app.get('/dashboard', (c) => c.redirect(FIRST_PAGE, 303));
  const feed = liveFeed(store);
  app.get('/dashboard/live', async (c) => {
    // Each page that is left open asks for this once, and then is told: that is no use of the session.
    const isOpen = async () => (await sessionIn(c, login, false)) !== undefined;
    if (!(await isOpen())) return c.json({ code: 'unauthorized', message: 'sign in again' }, 401);
    return liveStream(c, feed, isOpen);
  });
  for (const { path } of PAGES)
    app.get(`/dashboard/${path}`, async (c) => {
      const session: Session | undefined = await sessionIn(c, login);
      if (session === undefined) {
        const { pathname, search } = new URL(c.req.url);
        return c.redirect(`/?next=${encodeURIComponent(pathname + search)}`, 303);
      }
      const page = frame({ page: path, session, theme: themeOf(c), assets: await assets() });
      return c.html(page, 200, NEVER_KEPT);
    });
  return app;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
