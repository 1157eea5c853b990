import { readdirSync, readFileSync } from 'node:fs';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { dashboardHtml } from './page.ts';

/** All that lies beside the page's entry script: scripts and a style sheet. */
const BROWSER_FILES = new URL('.', import.meta.resolve('./browser/app.js'));

/** `/` and its scripts. Nothing here is secret: what the page shows, it asks the JSON API for. */
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
    // The address may hold a key until the redirect: it must not travel on.
    referrerPolicy: 'no-referrer',
    xFrameOptions: 'DENY',
  });
  app.use('/', headers);
  app.use('/dashboard/*', headers);
  app.get('/', (c) => c.html(dashboardHtml(), 200, { 'cache-control': 'no-store' }));
  for (const file of readdirSync(BROWSER_FILES)) {
    const body = readFileSync(new URL(file, BROWSER_FILES), 'utf8');
    const type = file.endsWith('.css') ? 'text/css' : 'text/javascript';
    app.get(`/dashboard/${file}`, (c) =>
      c.body(body, 200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-cache' }),
    );
  }
  return app;
}
