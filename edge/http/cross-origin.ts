import { cors } from 'itty-router';
import type { Settings } from '../env.ts';

/** Browsers rank and send events from the origins that are allowed to. */
export interface CrossOrigin {
  /** The answer to a browser that asks before it calls; undefined for any other request. */
  preflight(request: Request): Response | undefined;
  /** Marks an answer as readable, in place: copying it, as `corsify` does, would cost a tenth of a ranking. */
  allow(response: Response, request: Request): void;
}

export function crossOrigin({ allowedOrigins }: Settings): CrossOrigin {
  const { preflight } = cors({
    origin: allowedOrigins === '*' ? '*' : [...allowedOrigins],
    allowMethods: ['GET', 'POST', 'PUT', 'DELETE'],
    allowHeaders: ['authorization', 'content-type', 'x-trimtab-version', 'x-trimtab-metadata'],
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
