import { userInfo } from 'node:os';
import { readKeys } from '../start/keys.ts';
import { stateDir } from '../start/state-dir.ts';
import { CliError } from './failure.ts';

export interface BackendClient {
  readonly url: string;
  /** @throws CliError with what the backend said, or how to reach one. */
  call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>;
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
  return {
    url,
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
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
        throw new CliError(
          `cannot reach the backend at ${url} (${reasonOf(error)}): start it with "npm start", or name another with --backend or TRIMTAB_BACKEND`,
        );
      });
      const text = await response.text();
      const answer = parseJson(text);
      if (!response.ok) throw new CliError(refusal(response.status, answer, text, url));
      if (answer === undefined && text !== '') {
        throw new CliError(`${url} did not answer with JSON: is it a Trimtab backend?`);
      }
      return answer as T;
    },
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

function refusal(status: number, answer: unknown, text: string, url: string): string {
  const { message } = (answer ?? {}) as { message?: unknown };
  const said = typeof message === 'string' ? message : text.slice(0, 200) || `status ${status}`;
  return status === 401 ? `${said} (the key is not one of ${url}: see --key)` : said;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Node hides why a connection failed in the cause of a "fetch failed". */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string }; message: string };
  return cause?.code ?? message;
}
