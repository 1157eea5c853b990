import { cors } from 'itty-router';
import { TRACEPARENT, TRACESTATE } from '../../shared/trace/trace-context.ts';
import type { Settings } from '../platform/settings.ts';

/** CORS (cross-origin resource sharing): lets pages of the allowed origins call the Worker. */
export interface CrossOrigin {
  /** The response to a preflight request; undefined for any other request. */
  preflight(request: Request): Response | undefined;
  /**
   * Adds the CORS headers to a response in place. itty-router's
   * `corsify` copies it, which costs a tenth of a ranking.
   */
  allow(response: Response, request: Request): void;
}

export function crossOrigin({ allowedOrigins }: Settings): CrossOrigin {
  const { preflight } = cors({
    origin: allowedOrigins === '*' ? '*' : [...allowedOrigins],
    allowMethods: ['GET', 'POST', 'PUT', 'DELETE'],
    allowHeaders: [
      'authorization',
      'content-type',
      'x-trimtab-version',
      'x-trimtab-metadata',
      TRACEPARENT,
      TRACESTATE,
      // Propagators of OpenTelemetry write it beside these. It is not read, but a page that may not send it could not rank.
      'baggage',
    ],
    maxAge: 86_400,
  });
  if (allowedOrigins === '*') {
    return {
      preflight,
      allow: ({ headers }) => headers.set('access-control-allow-origin', '*'),
    };
  }
  return {
    preflight,
    allow({ headers }, request) {
      const origin = request.headers.get('origin');
      headers.set('vary', 'origin');
      if (origin !== null && allowedOrigins.includes(origin))
        headers.set('access-control-allow-origin', origin);
    },
  };
}
