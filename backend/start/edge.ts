import { fileURLToPath } from 'node:url';
import { startChild, type Child } from './child.ts';
import type { StateDir } from '../config/state-dir.ts';
import { dropCounters } from './drop-counters.ts';

const WRANGLER_CONFIG = fileURLToPath(new URL('../../wrangler.toml', import.meta.url));

/** The Worker in real workerd, through `wrangler dev`; KV and Durable Objects persist in the state directory. */
export function startEdge(state: StateDir, port: number, onLine: (line: string) => void): Child {
  dropCounters(state);
  return startChild(
    'edge',
    fileURLToPath(import.meta.resolve('wrangler')),
    [
      'dev',
      `--config=${WRANGLER_CONFIG}`,
      '--ip=127.0.0.1',
      `--port=${port}`,
      '--inspector-port=0',
      `--persist-to=${state.edge}`,
      `--env-file=${state.edgeEnv}`,
      '--log-level=warn',
      '--show-interactive-dev-session=false',
    ],
    {
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      WRANGLER_WRITE_LOGS: 'false',
      WRANGLER_NO_SKILLS_UPDATE_PROMPTS: 'true',
      // Traces of all requests, which nothing here reads, and nothing ever deletes.
      X_LOCAL_OBSERVABILITY: 'false',
      // No other Worker on this machine and no location is needed.
      WRANGLER_REGISTRY_PATH: `${state.path}/registry`,
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    },
    onLine,
  );
}
