import { smarttrip } from '../../shared/features/smarttrip.ts';
import { backendClient, json, type BackendClient } from '../client/backend-client.ts';
import { CliError } from '../client/failure.ts';
import { aborted } from '../client/stop-signal.ts';
import { startBackendChild } from './backend-child.ts';
import type { Child } from './child.ts';
import { importDemo } from './demo-import.ts';
import { endWhenSilent } from './end-when-silent.ts';
import { startEdge } from './edge.ts';
import { writeEdgeEnv } from './edge-env.ts';
import { loadSettings } from '../config/config.ts';
import { keepPrivate } from '../config/keep-private.ts';
import { ensureKeys, type Keys } from '../config/keys.ts';
import { isAnswering, liveVersion, type EdgeVersion } from './edge-version.ts';
import { fittingRequest, LOOKED_AT } from '../catalogue/fitting-request.ts';
import { TRIP_REQUEST } from './first-ranking.ts';
import { keepRunning } from './keep-running.ts';
import { lockStateDir } from './lock-state-dir.ts';
import { needFreePort } from './ports.ts';
import { BACKEND_SOURCES, reloadOnChange } from './reload-on-change.ts';
import { stateDir, type StateDir } from '../config/state-dir.ts';
import { waitFor } from './wait-for.ts';

export interface StartOptions {
  readonly edgePort: number;
  readonly backendPort: number;
  /** Import the demo catalogue if this state directory never had one. */
  readonly demo: boolean;
  /** Start the backend again when one of its source files changes; the edge always does. */
  readonly watch: boolean;
  readonly onLine: (from: string, line: string) => void;
  readonly onReady: (running: Running) => void;
}

export interface Running {
  readonly edgeUrl: string;
  readonly backendUrl: string;
  /** Opens the dashboard once. */
  readonly dashboardUrl: string;
  readonly keys: Keys;
  readonly version: EdgeVersion;
  /** A ranking to ask for that fits the catalogue. */
  readonly example: object;
  /** Whether the edge serves the shop, and the catalogue is one of trips. */
  readonly hasShop: boolean;
  /** How many demo trips this start imported. */
  readonly imported: number;
}

const START_TIMEOUT_MS = 60_000;
const LIVE_TIMEOUT_MS = 90_000;
const STOP_GRACE_MS = 10_000;

/**
 * Runs the Worker and the backend until the signal aborts, and calls `onReady` once the edge ranks with what the backend
 * published. From then on one that ends is started again, and the other one goes on meanwhile.
 * @throws CliError when one of them cannot start, or ends before all is ready; the other one is stopped then.
 */
export async function runAll(options: StartOptions, signal: AbortSignal): Promise<void> {
  const { edgePort, backendPort } = options;
  // Their faults are reported here at once, and not only once a backend could not start.
  await loadSettings({ env: process.env, directory: process.cwd(), demo: true });
  const state = stateDir();
  // Before the first file is written.
  keepPrivate(state);
  const lock = await lockStateDir(state, 'start', { edge: edgePort, backend: backendPort });
  try {
    await runLocked(state, options, signal);
  } finally {
    lock.release();
  }
}

async function runLocked(
  state: StateDir,
  options: StartOptions,
  signal: AbortSignal,
): Promise<void> {
  const { edgePort, backendPort, onLine } = options;
  await needFreePort(edgePort, 'the edge', '--edge-port', 'TRIMTAB_EDGE_PORT');
  await needFreePort(backendPort, 'the backend', '--backend-port', 'TRIMTAB_BACKEND_PORT');
  const keys = ensureKeys(state);
  const edgeUrl = `http://127.0.0.1:${edgePort}`;
  const backendUrl = `http://127.0.0.1:${backendPort}`;
  writeEdgeEnv(state, keys, backendUrl, { shop: options.demo });

  const becomeLive = async () => {
    const client = backendClient({ backend: backendUrl, key: keys.secretKey });
    const answering = (what: string, url: string) =>
      waitFor(what, START_TIMEOUT_MS, signal, () => isAnswering(url, signal));
    // In this order: without an edge the backend cannot be ready, and the message would blame the backend.
    await answering('the edge', `${edgeUrl}/v1/health`);
    await answering('the backend', `${backendUrl}/health/ready`);
    const imported = options.demo ? await importDemo(state, client) : 0;
    const { counts } = await json(client.status.$get());
    const version = await waitFor('what the edge ranks with', LIVE_TIMEOUT_MS, signal, () =>
      liveVersion(edgeUrl, keys.secretKey, counts.items, signal),
    );
    for (const child of children) child.keep();
    const { path } = await json(client.logins.$post({ json: { role: 'operator' } }));
    const dashboardUrl = `${backendUrl}${path}`;
    const example = await exampleFor(client, version);
    const hasShop = options.demo && version.schemaHash === smarttrip.hash;
    options.onReady({
      edgeUrl,
      backendUrl,
      dashboardUrl,
      keys,
      version,
      imported,
      example,
      hasShop,
    });
  };

  const ofBackend = (line: string) => onLine('backend', line);
  const startBackend = () => startBackendChild(state, backendPort, edgeUrl, ofBackend);
  const ofEdge = (line: string) => onLine('edge', line);
  const children = [
    keepRunning(
      () => endWhenSilent(startEdge(state, edgePort, ofEdge), `${edgeUrl}/v1/health`, ofEdge),
      ofEdge,
    ),
    keepRunning(
      () =>
        options.watch ? reloadOnChange(BACKEND_SOURCES, startBackend, ofBackend) : startBackend(),
      ofBackend,
    ),
  ];
  const stopped = aborted(signal);
  const broken = Promise.race(children.map(unexpectedEnd));
  try {
    await Promise.race([becomeLive().then(() => stopped), broken, stopped]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    broken.catch(() => undefined);
    await Promise.all(children.map((child) => child.stop(STOP_GRACE_MS)));
  }
}

async function exampleFor(client: BackendClient, version: EdgeVersion): Promise<object> {
  if (version.schemaHash === smarttrip.hash) return TRIP_REQUEST;
  const [{ schema }, { items }] = await Promise.all([
    json(client.schema.$get()),
    json(client.items.$get({ query: { limit: LOOKED_AT } })),
  ]);
  return fittingRequest(schema, items, Date.now());
}

async function unexpectedEnd(child: Child): Promise<never> {
  throw new CliError(`the ${child.name} ${await child.ended}: its output is above`);
}
