import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendConfig } from '../../../backend/config/config.ts';
import { startBackend } from '../../../backend/main.ts';
import { SECRET_KEY, testConfig } from './backend-config.ts';
import { testDatabase } from '../../support/test-database.ts';
import { startKvServer, type KvServer } from './kv-server.ts';

export { IDENTITY_SECRET, INGEST_SECRET, NO_TRAINING, SECRET_KEY } from './backend-config.ts';

export interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  readonly body: any;
  readonly headers: Headers;
}

export interface TestBackend {
  readonly url: string;
  /** Answers in this process, without a connection. */
  fetch(request: Request): Promise<Response>;
  readonly kv: KvServer;
  readonly config: BackendConfig;
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Another one, at the same time, on the same database and edge. @returns a way to ask it, and to end it. */
  beside(changes?: Partial<BackendConfig>): Promise<Pick<TestBackend, 'call' | 'close'>>;
  /** Stops it and starts another one on the same database and edge. */
  restart(changes?: Partial<BackendConfig>): Promise<void>;
  close(): Promise<void>;
}

/** The whole backend over a libSQL file of its own, talking to an in-test KV. Ready unless told otherwise. */
export async function startTestBackend(
  changes: Partial<BackendConfig> = {},
  ready = true,
): Promise<TestBackend> {
  const directory = mkdtempSync(join(tmpdir(), 'trimtab-'));
  const database = await testDatabase(directory);
  const kv = await startKvServer(SECRET_KEY);
  const config: BackendConfig = {
    ...testConfig({
      folder: directory,
      databaseUrl: database.url,
      edgeUrl: kv.url,
    }),
    ...changes,
  };
  let backend = await startBackend(config);
  const caller =
    (url: () => string): TestBackend['call'] =>
    async (method, path, body, headers = {}) => {
      const isJson =
        body !== undefined && !(body instanceof Uint8Array) && typeof body !== 'string';
      const response = await fetch(`${url()}${path}`, {
        method,
        redirect: 'manual',
        headers: {
          authorization: `Bearer ${SECRET_KEY}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: isJson ? JSON.stringify(body) : (body as string) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: parsed(text) };
    };
  const call = caller(() => backend.url);
  const untilReady = () =>
    eventually(async () => (await call('GET', '/health/ready')).status === 200);
  if (ready) await untilReady();
  return {
    get url() {
      return backend.url;
    },
    fetch: async (request) => backend.fetch(request),
    kv,
    config,
    call,
    async beside(later = {}) {
      const other = await startBackend({ ...config, ...later });
      return { call: caller(() => other.url), close: () => other.close() };
    },
    async restart(later = {}) {
      await backend.close();
      backend = await startBackend({ ...config, ...later });
      if (ready) await untilReady();
    },
    async close() {
      await backend.close();
      await database.close();
      await kv.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Ends what never comes; a busy machine may need a good part of it. */
const PATIENCE_MS = 120_000;

/** Asks until it holds. @throws Error after two minutes, with what was asked. */
export async function eventually<T>(look: () => Promise<T> | T): Promise<T> {
  const beganMs = performance.now();
  for (;;) {
    const found = await look();
    if (found) return found;
    const waitedMs = performance.now() - beganMs;
    if (waitedMs > PATIENCE_MS) throw new Error(`never held: ${look.toString()}`);
    // Looking costs the backend time that it needs: the longer it takes, the more seldom it is done.
    await sleep(Math.min(250, Math.max(20, waitedMs / 10)));
  }
}

/** A run, once it is over. */
export const runOver = (backend: Pick<TestBackend, 'call'>, runId: string) =>
  eventually(async () => {
    const { body } = await backend.call('GET', `/v1/runs/${runId}`);
    return body.status !== 'running' && body;
  });
