import { userInfo } from 'node:os';
import { readKeys } from '../config/keys.ts';
import { stateDir } from '../config/state-dir.ts';
import { CliError } from './failure.ts';
import { unreachable } from './unreachable.ts';

export interface BackendClient {
  readonly url: string;
  /** @throws CliError with what the backend said, or how to reach one. */
  readonly call: <T>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
  ) => Promise<T>;
  /** An answer as it comes. @throws as `call` */
  readonly text: (path: string) => Promise<string>;
}

export interface BackendOptions {
  readonly backend?: string;
  readonly key?: string;
}

const DEFAULT_BACKEND = 'http://127.0.0.1:8788';

export function backendClient(options: BackendOptions): BackendClient {
  const url = backendUrl(options.backend);
  const key = options.key ?? process.env.TRIMTAB_KEY ?? readKeys(stateDir())?.secretKey;
  if (key === undefined) {
    throw new CliError(
      `no key: run "npm start" once here (it makes ${stateDir().keys}), or give one with --key or TRIMTAB_KEY`,
      2,
    );
  }
  const request = async (method: string, path: string, body?: unknown): Promise<string> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        // For the audit log: the key alone does not tell who it was.
        'x-trimtab-actor': actor(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new CliError(unreachable(url, error));
    });
    const text = await response.text();
    if (!response.ok) throw new CliError(refusal(response.status, text, url));
    return text;
  };
  return {
    url,
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      const text = await request(method, path, body);
      try {
        return JSON.parse(text);
      } catch {
        throw new CliError(`${url} did not answer with JSON: is it a Trimtab backend?`);
      }
    },
    text: (path) => request('GET', path),
  };
}

const actor = (): string => {
  try {
    return userInfo().username;
  } catch {
    // A container's user id need not have a name.
    return 'cli';
  }
};

function backendUrl(given: string | undefined): string {
  const text = given ?? process.env.TRIMTAB_BACKEND ?? DEFAULT_BACKEND;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new CliError(`--backend must be a URL like ${DEFAULT_BACKEND}, but was "${text}"`, 2);
  }
  return text.replace(/\/+$/, '');
}

function refusal(status: number, text: string, url: string): string {
  const said = messageIn(text) ?? (text.slice(0, 200) || `status ${status}`);
  return status === 401 ? `${said} (the key is not one of ${url}: see --key)` : said;
}

function messageIn(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text);
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
