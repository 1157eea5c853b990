import { join, resolve } from 'node:path';

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
}

export function stateDir(path: string = process.env.TRIMTAB_DIR || '.trimtab'): StateDir {
  const at = (name: string) => join(resolve(path), name);
  return {
    path: resolve(path),
    keys: at('keys.json'),
    edgeEnv: at('edge.env'),
    edge: at('edge'),
    demo: at('demo-import'),
  };
}
