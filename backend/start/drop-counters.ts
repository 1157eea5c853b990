import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { StateDir } from '../config/state-dir.ts';

/** What `wrangler dev` keeps beside the stores of the Worker, in a folder of each version of its format. */
const NOT_OURS = ['ratelimit', 'observability'];

/**
 * Removes the counters of rates, of which `wrangler dev` keeps a file for each session and address and never deletes one,
 * although a count is over after a minute; and traces of requests from before they were switched off. To be called while no
 * edge runs.
 */
export function dropCounters(state: StateDir): void {
  if (!existsSync(state.edge)) return;
  for (const version of readdirSync(state.edge))
    for (const name of NOT_OURS)
      rmSync(join(state.edge, version, name), { recursive: true, force: true });
}
