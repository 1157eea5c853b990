import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runAll, type Running } from '../../../backend/start/start.ts';
import { stateDir } from '../../../backend/config/state-dir.ts';
import { ask } from '../../support/http.ts';
import { freePort } from '../../support/free-port.ts';
import { EDGE, SETTINGS } from './shortened.ts';
import type { DemoSystem } from './system.ts';

export interface Started extends DemoSystem {
  /** Rejects when edge or backend cannot start; resolves when both have stopped. */
  readonly ended: Promise<void>;
}

/** Of a system that somebody else runs. */
const FOREIGN = /^(TRIMTAB|LIBSQL|AWS)_/;

/**
 * Runs edge and backend as `npm start` does, with their state and what they print in `directory`, on free ports. What the
 * environment says of another system is forgotten: nothing but this one is touched.
 */
export async function start(
  directory: string,
  logFile: string,
  signal: AbortSignal,
): Promise<Started> {
  for (const name of Object.keys(process.env)) if (FOREIGN.test(name)) delete process.env[name];
  process.env.TRIMTAB_DIR = directory;
  // The backend looks for its settings where it is started.
  process.chdir(directory);
  const state = stateDir();
  mkdirSync(state.path, { recursive: true });
  writeFileSync(join(directory, 'trimtab.config.json'), JSON.stringify(SETTINGS, null, 2));
  const variables = Object.entries(EDGE).map(([name, value]) => `${name}="${value}"\n`);
  writeFileSync(state.edgeEnv, variables.join(''), { mode: 0o600 });
  const [edgePort, backendPort] = [await freePort(), await freePort()];
  const ready = Promise.withResolvers<Running>();
  const ended = runAll(
    {
      edgePort,
      backendPort,
      demo: false,
      watch: false,
      onLine: (from, line) => appendFileSync(logFile, `${from} | ${line}\n`),
      onReady: ready.resolve,
    },
    signal,
  );
  const { edgeUrl, backendUrl, keys } = await Promise.race([
    ready.promise,
    ended.then(() => {
      throw signal.reason;
    }),
  ]);
  return {
    keys,
    directory,
    edge: { url: edgeUrl, ask: (path, how) => ask(`${edgeUrl}${path}`, how) },
    backend: { url: backendUrl, ask: (path, how) => ask(`${backendUrl}${path}`, how) },
    ended,
  };
}
