import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureKeys, type Keys } from '../../backend/config/keys.ts';
import type { TrimtabConfig } from '../../backend/config/define-config.ts';
import { DEMO } from '../../backend/config/demo.ts';
import { stateDir } from '../../backend/config/state-dir.ts';
import { identityKey, type IdentityKey } from '../../shared/domain/identity.ts';
import { startBackendProcess } from './backend-process.ts';
import { freePort } from './free-port.ts';
import { ask, type Answer, type Ask } from './http.ts';
import { until } from './until.ts';
import { startWorkerd, type KvUrls } from './workerd.ts';

/** One of the two servers. It keeps its address and its state however often it is ended and started. */
export interface Part {
  readonly url: string;
  /** Of the process that runs. @throws Error where none does. */
  pid(): number;
  ask(path: string, how?: Ask): Promise<Answer>;
  start(): Promise<void>;
  stop(): Promise<void>;
  kill9(): Promise<void>;
}

/** The whole of Trimtab: bare workerd and the backend's own process, in a directory of their own. */
export interface System {
  readonly keys: Keys;
  readonly edge: Part;
  readonly backend: Part;
  /** Where its state lies. */
  readonly directory: string;
  /** The backend's database file. */
  readonly databaseUrl: string;
  /** Ends both and removes all that they left. */
  stop(): Promise<void>;
}

export interface SystemOptions {
  /** What `v000000` is made from; else smarttrip. */
  readonly schema?: unknown;
  /** The Worker's tunables. */
  readonly edgeEnv?: Readonly<Record<string, string>>;
  /** Of the backend's environment, besides what says where both are. */
  readonly backendEnv?: Readonly<Record<string, string>>;
  /** The backend's settings. */
  readonly config?: TrimtabConfig;
  /** Where KV is, when it is to be neither's own. */
  readonly kvUrls?: KvUrls;
  /** Else new ones. */
  readonly keys?: Keys;
}

/** What the backend does by itself it does soon: tests wait for it. */
export const AT_ONCE = {
  watchEveryMs: 250,
  republishQuietMs: 100,
  republishWithinMs: 1000,
} satisfies TrimtabConfig;

/** Both parts up, rules and an empty catalogue published, when this resolves. */
export async function startSystem({
  schema,
  edgeEnv,
  backendEnv,
  config,
  kvUrls,
  keys: given,
}: SystemOptions = {}): Promise<System> {
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-e2e-'));
  const state = stateDir(dir);
  if (given !== undefined) await writeFile(state.keys, JSON.stringify(given));
  const keys = ensureKeys(state);
  const [edgePort, backendPort] = [await freePort(), await freePort()];
  const [edgeUrl, backendUrl] = [edgePort, backendPort].map((port) => `http://127.0.0.1:${port}`);
  const schemaFile = join(dir, 'schema.json');
  if (schema !== undefined) await writeFile(schemaFile, JSON.stringify(schema));
  const edge = part(edgeUrl, () =>
    startWorkerd({
      dir: join(dir, 'edge'),
      port: edgePort,
      ...(kvUrls && { kvUrls }),
      env: {
        PUBLISHABLE_KEYS: keys.publishableKey,
        SECRET_KEYS: keys.secretKey,
        TOKEN_SECRET: keys.tokenSecret,
        INGEST_SECRET: keys.ingestSecret,
        IDENTITY_SECRET: keys.identitySecret!,
        BACKEND_URL: backendUrl,
        REFRESH_MS: '100',
        SHIP_INTERVAL_MS: '50',
        ...edgeEnv,
      },
    }),
  );
  const backend = part(backendUrl, () =>
    startBackendProcess(
      backendUrl,
      {
        TRIMTAB_DIR: dir,
        TRIMTAB_BACKEND_PORT: String(backendPort),
        TRIMTAB_EDGE_URL: edgeUrl,
        ...backendEnv,
      },
      {
        ...DEMO,
        ...AT_ONCE,
        training: { schedule: '', fullSchedule: '' },
        rollout: { mode: 'direct' },
        ...(schema !== undefined && { schema: schemaFile }),
        ...config,
      },
    ),
  );
  const stop = async () => {
    await Promise.allSettled([edge.retire(), backend.retire()]);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await edge.start();
    await backend.start();
    await until('the backend is ready', async () => {
      const { status } = await backend.ask('/health/ready');
      return status === 200;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const databaseUrl = pathToFileURL(join(dir, 'trimtab.db')).href;
  return { keys, edge, backend, directory: dir, databaseUrl, stop };
}

/** The key by which a system keys the ids of its visitors. */
export const identityOf = ({ keys }: Pick<System, 'keys'>): IdentityKey =>
  identityKey(keys.identitySecret!);

interface Process {
  readonly pid: number;
  stop(): Promise<void>;
  kill9(): Promise<void>;
}

function part(url: string, launch: () => Promise<Process>): Part & { retire(): Promise<void> } {
  let running: Process | undefined;
  let starting: Promise<unknown> = Promise.resolve();
  let isRetired = false;
  const end = async (how: 'stop' | 'kill9') => {
    const ended = running;
    running = undefined;
    await ended?.[how]();
  };
  return {
    url,
    pid() {
      if (running === undefined) throw new Error(`${url} does not run`);
      return running.pid;
    },
    ask: (path, how) => ask(`${url}${path}`, how),
    async start() {
      if (isRetired) throw new Error(`${url} is retired: its directory is gone`);
      const launched = launch();
      starting = launched.catch(() => {});
      running = await launched;
    },
    stop: () => end('stop'),
    kill9: () => end('kill9'),
    /** A test that failed may leave a start under way: it must not outlive the directory. */
    async retire() {
      isRetired = true;
      await starting;
      await end('stop');
    },
  };
}
