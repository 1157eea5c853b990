import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Tracing } from '../process/tracing.ts';

/** Tells of each request, by its route and not by its address, which names what it is about. */
export const traceRequests =
  (tracing: Tracing): MiddlewareHandler =>
  (c, next) => {
    const { method } = c.req;
    const headers = {
      traceparent: c.req.header('traceparent'),
      tracestate: c.req.header('tracestate'),
    };
    const route = routePath(c, -1);
    return tracing.request(`${method} ${route}`, headers, async (span) => {
      span?.set({ 'http.request.method': method, 'http.route': route });
      await next();
      return c.res.status;
    });
  };
