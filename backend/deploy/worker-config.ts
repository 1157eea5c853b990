import { fileURLToPath } from 'node:url';

export const WRANGLER_CONFIG = fileURLToPath(new URL('../../wrangler.toml', import.meta.url));

/** What a deployment needs to know of `wrangler.toml`. */
export interface WorkerConfig {
  readonly name: string;
  /** KV bindings without an id, for which wrangler makes a namespace where the Worker has none. */
  readonly provisioned: readonly string[];
  /** KV bindings whose id stands for another one, such as the zeros of local runs. */
  readonly placeholders: readonly string[];
}

/** Ids of namespaces are 32 hexadecimal digits, and no real one begins with so many zeros. */
const IS_REAL_ID = /^(?!0{16})[0-9a-f]{32}$/;

interface RawConfig {
  readonly name?: string;
  readonly kv_namespaces?: readonly { readonly binding: string; readonly id?: string }[];
}

/** Read by wrangler itself, whose import takes a second. */
export async function readWorkerConfig(path: string = WRANGLER_CONFIG): Promise<WorkerConfig> {
  const { experimental_readRawConfig: readRaw } = await import('wrangler');
  return workerConfigOf(readRaw({ config: path }).rawConfig as RawConfig);
}

export function workerConfigOf({
  name = 'trimtab',
  kv_namespaces: namespaces = [],
}: RawConfig): WorkerConfig {
  const bindings = (isThis: (id: string) => boolean) =>
    namespaces.filter(({ id = '' }) => isThis(id)).map(({ binding }) => binding);
  return {
    name,
    provisioned: bindings((id) => id === ''),
    placeholders: bindings((id) => id !== '' && !IS_REAL_ID.test(id)),
  };
}
