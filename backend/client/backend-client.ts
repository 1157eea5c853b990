import { userInfo } from 'node:os';
import { hc, type PickResponseByStatusCode } from 'hono/client';
import type { SuccessStatusCode } from 'hono/utils/http-status';
import { readKeys } from '../config/keys.ts';
import { portOfBackend } from '../config/state-dir-holder.ts';
import { stateDir } from '../config/state-dir.ts';
import type { BackendApi } from '../http/app.ts';
import { CliError } from './failure.ts';
import { unreachable } from './unreachable.ts';

/** Refusals never reach a caller: the client throws them. */
type Succeeding = PickResponseByStatusCode<BackendApi, SuccessStatusCode>;

/** The routes under `/v1` as functions: `json(client.runs[':id'].$get({ param: { id } }))`. */
export type BackendClient = ReturnType<typeof hc<Succeeding>>['v1'];

export interface BackendOptions {
  readonly backend?: string;
  readonly key?: string;
}

const DEFAULT_BACKEND = 'http://127.0.0.1:8788';

/** Its calls throw a CliError with what the backend said, or with how to reach one. */
export function backendClient(options: BackendOptions): BackendClient {
  const url = backendUrl(options.backend);
  const key = secretKey(options);
  return hc<Succeeding>(url, {
    // The actor is for the audit log: the key alone does not say who it was.
    headers: { authorization: `Bearer ${key}`, 'x-trimtab-actor': actor() },
    fetch: async (input: string | URL | Request, init?: RequestInit) => {
      const response = await fetch(input, init).catch((error: unknown) => {
        throw new CliError(unreachable(url, error));
      });
      if (response.ok) return response;
      throw refusal(response.status, await response.text(), url);
    },
  }).v1;
}

/** The one that is given, else that of the environment, else the local one. @throws CliError where there is none. */
export function secretKey({ key }: Pick<BackendOptions, 'key'>): string {
  const found = key ?? process.env.TRIMTAB_KEY ?? readKeys(stateDir())?.secretKey;
  if (found !== undefined) return found;
  throw new CliError(
    `no key: run "npm start" once here (it makes ${stateDir().keys}), or set TRIMTAB_KEY`,
    2,
  );
}

/** The JSON of an answer. @throws CliError where it is none. */
export async function json<T>(
  answer: Promise<{ readonly url: string; text(): Promise<string>; json(): Promise<T> }>,
): Promise<T> {
  const response = await answer;
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(
      `${new URL(response.url).origin} did not answer with JSON: is it a Trimtab backend?`,
    );
  }
}

/** A path parameter; the client puts it into the path as it is. */
export const segment = <T extends string>(text: T): T => encodeURIComponent(text) as T;

const actor = (): string => {
  try {
    // A header holds ASCII alone.
    return userInfo().username.replaceAll(/[^\x20-\x7e]/g, '') || 'cli';
  } catch {
    // A container's user id need not have a name.
    return 'cli';
  }
};

/**
 * The one that is given, else that of the environment, else the one that runs on this folder's state directory, at whichever port.
 * @throws CliError where it is no URL.
 */
export function backendUrl(given: string | undefined): string {
  const text = given ?? process.env.TRIMTAB_BACKEND ?? ownBackend() ?? DEFAULT_BACKEND;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new CliError(`--backend must be a URL like ${DEFAULT_BACKEND}, but was "${text}"`, 2);
  }
  return text.replace(/\/+$/, '');
}

function ownBackend(): string | undefined {
  const port = portOfBackend(stateDir());
  return port === undefined ? undefined : `http://127.0.0.1:${port}`;
}

function refusal(status: number, text: string, url: string): CliError {
  const { message, code } = problemIn(text);
  const said = message ?? (text.slice(0, 200) || `status ${status}`);
  const whole = status === 401 ? `${said} (the key is not one of ${url}: see TRIMTAB_KEY)` : said;
  return new CliError(whole, 1, code);
}

function problemIn(text: string): { readonly message?: string; readonly code?: string } {
  try {
    const { message, code } = JSON.parse(text);
    return {
      ...(typeof message === 'string' && { message }),
      ...(typeof code === 'string' && { code }),
    };
  } catch {
    return {};
  }
}
