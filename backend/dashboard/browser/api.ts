import { hc, type PickResponseByStatusCode } from 'hono/client';
import type { SuccessStatusCode } from 'hono/utils/http-status';
import type { BackendApi } from '../../http/app.ts';

/** Refusals never reach a page: the client throws them. */
type Succeeding = PickResponseByStatusCode<BackendApi, SuccessStatusCode>;

/** What a route refused, and which parts of what was sent are to blame, as far as it says. */
export class Refused extends Error {
  readonly parts: readonly Problem[];

  constructor(message: string, parts: readonly Problem[]) {
    super(message);
    this.parts = parts;
  }
}

export interface Problem {
  /** Such as `arms.1.weight`. */
  readonly path: string;
  readonly message: string;
}

const main = document.querySelector('main')!;

/** Whether whoever is signed in may act, and not only look. */
export const mayAct = main.dataset.role === 'operator';
export const page = main.dataset.page ?? '';

/** The routes as functions, with the cookie of the session and the token of this page. */
export const api = hc<Succeeding>(location.origin, {
  headers: { 'x-csrf-token': main.dataset.csrf ?? '', accept: 'application/json' },
  fetch: async (input: string | URL | Request, init?: RequestInit) => {
    const response = await fetch(input, init);
    if (response.ok) return response;
    // The session is over: the page to sign in comes back here.
    if (response.status === 401) location.assign(`/?next=${encodeURIComponent(here())}`);
    const { message = `it answered ${response.status}`, details } = (await response
      .json()
      .catch(() => ({}))) as { message?: string; details?: unknown };
    throw new Refused(message, Array.isArray(details) ? details.filter(isProblem) : []);
  },
}).v1;

const isProblem = (value: unknown): value is Problem =>
  typeof (value as Problem | null)?.path === 'string' &&
  typeof (value as Problem).message === 'string';

const here = () => location.pathname + location.search;

export const json = async <T>(answer: Promise<{ json(): Promise<T> }>): Promise<T> =>
  (await answer).json();
