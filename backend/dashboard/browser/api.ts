import { hc, type PickResponseByStatusCode } from 'hono/client';
import type { SuccessStatusCode } from 'hono/utils/http-status';
import type { BackendApi } from '../../http/app.ts';

/** Refusals never reach a page: the client throws them. */
type Succeeding = PickResponseByStatusCode<BackendApi, SuccessStatusCode>;

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
    const { message } = (await response.json().catch(() => ({}))) as { message?: string };
    throw new Error(message ?? `it answered ${response.status}`);
  },
}).v1;

const here = () => location.pathname + location.search;

export const json = async <T>(answer: Promise<{ json(): Promise<T> }>): Promise<T> =>
  (await answer).json();
