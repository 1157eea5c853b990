import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { BackendConfig } from '../../../backend/config/config.ts';
import { startBackend } from '../../../backend/main.ts';
import { DEFAULT_METRIC_WEIGHTS } from '../../../backend/reward/settings.ts';
import { DEFAULT_ONLINE } from '../../../backend/runs/online/settings.ts';
import type { TrainingSettings } from '../../../backend/runs/train/settings.ts';
import { parseRollout } from '../../../backend/rollouts/settings.ts';
import { parseMonitors } from '../../../backend/monitor/settings.ts';
import { DEMO } from '../../../backend/config/demo.ts';
import { parseTrainingData } from '../../../backend/log/settings.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { startKvServer, type KvServer } from './kv-server.ts';

export const SECRET_KEY = 'sk_test_key_of_the_tests';
export const IDENTITY_SECRET = 'identity secret of the tests';
export const INGEST_SECRET = 'ingest secret of the tests';
/** Training starts by hand only. */
export const NO_TRAINING: TrainingSettings = {
  schedule: '',
  windows: { additive: 30, forest: 60, mlp: 90 },
  fullSchedule: '',
  fullLearner: 'boosted',
  gate: { minCover: 0.8, maxCost: 20 },
};

export interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  readonly body: any;
  readonly headers: Headers;
}

export interface TestBackend {
  readonly url: string;
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
  const kv = await startKvServer(SECRET_KEY);
  const config: BackendConfig = {
    host: '127.0.0.1',
    port: 0,
    database: { url: pathToFileURL(join(directory, 'trimtab.db')).href },
    edgeUrl: kv.url,
    secretKeys: [SECRET_KEY],
    ingestSecrets: [INGEST_SECRET],
    identitySecrets: [IDENTITY_SECRET],
    schema: smarttrip,
    hasOwnSchema: false,
    training: NO_TRAINING,
    // What trains here is to be seen live at once; the tests of rollouts say otherwise.
    rollout: parseRollout({ mode: 'direct', schedule: '' }),
    trainingStore: { kind: 'folder', path: join(directory, 'training-data') },
    trainingData: parseTrainingData({ ...DEMO.trainingData, pruneSchedule: '' }),
    metricWeights: DEFAULT_METRIC_WEIGHTS,
    onlineLearning: DEFAULT_ONLINE,
    monitors: parseMonitors({ schedule: '', dailySchedule: '', reportSchedule: '' }),
    alertWebhook: undefined,
    watchEveryMs: 200,
    probeEveryMs: 3000,
    firstPageCheckMs: 5000,
    kv: { keepHours: 24, keepVersions: 20, cleanSchedule: '' },
    kvSettleMs: 0,
    republishQuietMs: 20,
    republishWithinMs: 200,
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
