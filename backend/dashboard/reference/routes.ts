import { Hono, type MiddlewareHandler } from 'hono';
import { secureHeaders, NONCE } from 'hono/secure-headers';
import { messageOf } from '../../../shared/text/message-of.ts';
import { sessionIn } from '../../http/auth.ts';
import type { Login } from '../../login/service.ts';
import { assets } from '../assets.ts';
import { REFERENCE } from '../pages.ts';
import { sendAsset } from '../send-asset.ts';
import { NEVER_KEPT, OWN_ALONE } from '../page-headers.ts';
import { themeOf } from '../theme.ts';
import { edgeDocument } from './edge-document.ts';
import { referencePage } from './page.ts';
import { scalarScript } from './scalar.ts';

export interface ReferenceDeps {
  readonly login: Login;
  readonly edgeUrl: string;
}

export const REFERENCE_PATH = `/dashboard/${REFERENCE.path}`;

/**
 * Beside what any page may: style sheets that Scalar writes into the page with the nonce of this answer, and styles of single elements. Neither runs anything, and what
 * they could load is held by the other directives. Scripts stay as strict as everywhere.
 */
export const referenceHeaders = secureHeaders({
  ...OWN_ALONE,
  contentSecurityPolicy: {
    ...OWN_ALONE.contentSecurityPolicy,
    styleSrc: ["'self'", NONCE],
    styleSrcAttr: ["'unsafe-inline'"],
  },
});

/** The page that shows what backend and edge take and answer. It alone loads Scalar's script. */
export function referenceRoutes({ login, edgeUrl }: ReferenceDeps): Hono {
  const app = new Hono();
  const signedIn: MiddlewareHandler = async (c, next) => {
    if ((await sessionIn(c, login)) !== undefined) return next();
    return c.req.path === REFERENCE_PATH
      ? c.redirect(`/?next=${REFERENCE_PATH}`, 303)
      : c.json({ code: 'unauthorized', message: 'sign in again' }, 401);
  };
  app.get(REFERENCE_PATH, signedIn, async (c) => {
    const page = referencePage({
      theme: themeOf(c),
      assets: await assets(),
      nonce: c.get('secureHeadersNonce')!,
      scalarVersion: (await scalarScript()).version,
    });
    return c.html(page, 200, NEVER_KEPT);
  });
  app.get(`${REFERENCE_PATH}/scalar.js`, async (c) =>
    sendAsset(c, await scalarScript(), 'text/javascript'),
  );
  app.get(`${REFERENCE_PATH}/edge.json`, signedIn, async (c) => {
    try {
      return c.json(await edgeDocument(edgeUrl), 200, NEVER_KEPT);
    } catch (error) {
      return c.json({ code: 'edge_unreachable', message: messageOf(error) }, 502);
    }
  });
  return app;
}
