import { readdirSync, readFileSync } from 'node:fs';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { GENERATED } from './generated.ts';
import { dashboardHtml } from './page.ts';

/** The page's scripts and style sheets lie in one folder. */
const BROWSER_FILES = new URL('.', import.meta.resolve('./browser/app.js'));

/** `/` and its scripts. They hold nothing secret: the page reads what it shows from the JSON API. */
export function dashboardRoutes(): Hono {
  const app = new Hono();
  const headers = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      connectSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    // The address may hold a key until the redirect: it must not be sent on.
    referrerPolicy: 'no-referrer',
    xFrameOptions: 'DENY',
  });
  app.use('/', headers);
  app.use('/dashboard/*', headers);
  app.get('/', (c) => c.html(dashboardHtml(), 200, { 'cache-control': 'no-store' }));
  const files = readdirSync(BROWSER_FILES).filter((name) => /\.(js|css)$/.test(name));
  const bodies = { ...GENERATED, ...Object.fromEntries(files.map((name) => [name, read(name)])) };
  for (const [name, body] of Object.entries(bodies)) {
    const type = name.endsWith('.css') ? 'text/css' : 'text/javascript';
    app.get(`/dashboard/${name}`, (c) =>
      c.body(body, 200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-cache' }),
    );
  }
  return app;
}

const read = (name: string) => readFileSync(new URL(name, BROWSER_FILES), 'utf8');
