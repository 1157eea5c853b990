import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Who writes into the directory: `trimtab start` and `trimtab serve`, which the first starts too. */
export type StateDirRole = 'start' | 'serve';

/** Where a local Trimtab keeps everything: absolute paths. */
export interface StateDir {
  readonly path: string;
  readonly keys: string;
  /** What `wrangler dev` gives the Worker: dotenv. */
  readonly edgeEnv: string;
  /** Persisted KV and Durable Objects: wrangler's `--persist-to`. */
  readonly edge: string;
  /** Says how far the demo import of the first start came. */
  readonly demo: string;
  /** Which file a process of a role holds locked for as long as it uses the directory; beside it lies who that is. */
  readonly lock: Readonly<Record<StateDirRole, string>>;
}

const NAME = '.trimtab';

/**
 * @param path default: TRIMTAB_DIR, else the nearest `.trimtab` that has been started once, here or above, as git finds its
 * folder; else the one that a start makes here.
 */
export function stateDir(path: string = process.env.TRIMTAB_DIR || nearest()): StateDir {
  const at = (name: string) => join(resolve(path), name);
  return {
    path: resolve(path),
    keys: at('keys.json'),
    edgeEnv: at('edge.env'),
    edge: at('edge'),
    demo: at('demo-import'),
    lock: { start: at('start.lock'), serve: at('serve.lock') },
  };
}

function nearest(): string {
  const here = process.cwd();
  for (let folder = here; ; folder = dirname(folder)) {
    if (existsSync(join(folder, NAME, 'keys.json'))) return join(folder, NAME);
    if (folder === dirname(folder)) return join(here, NAME);
  }
}
