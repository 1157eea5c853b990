import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Env } from '../../../edge/platform/env.ts';
import worker from '../../../edge/worker.ts';

export const PUBLISHABLE = 'pk_test_of_the_tests';
export const SECRET = 'sk_test_of_the_tests';

export interface Ask {
  readonly method?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is when text, bytes or a stream, else as JSON. */
  readonly body?: unknown;
}

export interface Isolate {
  /** Answers, and does all that was left for after the answer. */
  fetch(path: string, ask?: Ask): Promise<Response>;
  /** Answers, whatever may hang behind the answer. */
  answer(path: string, ask?: Ask): Promise<Response>;
}

/** A new isolate that knows nothing yet, over the bindings of the test (or others in their place). */
export function coldIsolate(overrides: { readonly [K in keyof Env]?: unknown } = {}): Isolate {
  const own: Env = Object.assign({}, env, overrides);
  const ask = (
    path: string,
    { method, key, headers, body }: Ask,
    ctx: ExecutionContext,
  ): Response | Promise<Response> => {
    const raw =
      typeof body === 'string' ||
      body instanceof Uint8Array ||
      body instanceof ReadableStream ||
      body === undefined;
    const request = new Request<unknown, IncomingRequestCfProperties>(`https://edge.test${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...(key && { authorization: `Bearer ${key}` }), ...headers },
      ...(body !== undefined && { body: raw ? body : JSON.stringify(body) }),
    });
    return worker.fetch(request, own, ctx);
  };
  return {
    async fetch(path, asked = {}) {
      const ctx = createExecutionContext();
      const response = await ask(path, asked, ctx);
      await waitOnExecutionContext(ctx);
      return response;
    },
    answer: async (path, asked = {}) => ask(path, asked, createExecutionContext()),
  };
}
