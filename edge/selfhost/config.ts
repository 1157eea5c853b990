import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * What is needed to run the Worker with `workerd serve` in
 * place of `wrangler dev`: bundles, bindings, storage on disk.
 */
export interface SelfHost {
  /** The folder for the bundles, the configuration and all stored data. */
  readonly dir: string;
  readonly port: number;
  /** The Worker's variables and secrets. */
  readonly env: Readonly<Record<string, string>>;
  /** How much may come by key, address and session; what is left out is not limited. */
  readonly rates?: Rates;
}

/** So many calls with a key in each period; the same as Workers' binding is configured with. */
export interface Rate {
  readonly limit: number;
  readonly periodS: number;
}

/** By the name of the binding. */
export type Rates = Readonly<
  Partial<Record<'RATE_PER_KEY' | 'RATE_PER_ADDRESS' | 'RATE_PER_SESSION', Rate>>
>;

const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
const COMPATIBILITY_DATE = '2026-11-01';

/**
 * Writes the bundles and the configuration.
 * @returns the path of the configuration, for `workerd serve --experimental <path>`.
 */
export async function writeConfig({ dir, port, env, rates = {} }: SelfHost): Promise<string> {
  const storage = ['worker', 'weights', 'catalogue'];
  await Promise.all(
    storage.map((name) =>
      mkdir(join(dir, 'storage', name), { recursive: true, mode: OWNER_ONLY_FOLDER }),
    ),
  );
  await Promise.all([
    bundle(import.meta.resolve('../worker.ts'), join(dir, 'worker.js')),
    bundle(import.meta.resolve('./kv-store.ts'), join(dir, 'kv-store.js')),
    bundle(import.meta.resolve('./rate-limiter.ts'), join(dir, 'rate-limiter.js')),
  ]);
  const path = join(dir, 'config.capnp');
  await writeFile(path, configuration({ dir, port, env, rates }), { mode: OWNER_ONLY });
  // It holds the secrets, and the modes above apply to what is new only.
  await chmod(path, OWNER_ONLY);
  await chmod(join(dir, 'storage'), OWNER_ONLY_FOLDER);
  return path;
}

const bundle = (entryUrl: string, outfile: string) =>
  build({
    entryPoints: [fileURLToPath(entryUrl)],
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:workers', 'node:crypto'],
    conditions: ['workerd'],
    // WebAssembly stays a file beside the bundle: a Worker may not compile bytes.
    loader: { '.wasm': 'copy' },
    assetNames: '[name]',
    logLevel: 'error',
  });

/** A string literal of Cap'n Proto's text format; JSON's quoting is valid there. */
const quoted = (text: string) => JSON.stringify(text);

function configuration({ dir, port, env, rates }: Required<SelfHost>): string {
  const bindings = [
    '(name = "WEIGHTS", kvNamespace = "kv-weights")',
    '(name = "CATALOGUE", kvNamespace = "kv-catalogue")',
    '(name = "EVENT_LOG", durableObjectNamespace = "EventLog")',
    '(name = "LIVE_WEIGHTS", durableObjectNamespace = "LiveWeights")',
    '(name = "KEY_KEEPER", durableObjectNamespace = "KeyKeeper")',
    '(name = "TOKEN_KEEPER", durableObjectNamespace = "TokenKeeper")',
    '(name = "SNAPSHOT_KEEPER", durableObjectNamespace = "SnapshotKeeper")',
    ...Object.entries(env).map(
      ([name, value]) => `(name = ${quoted(name)}, text = ${quoted(value)})`,
    ),
    ...Object.entries(rates).map(([name, rate]) => rateBinding(name, rate)),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      compatibilityDate = "${COMPATIBILITY_DATE}",
      modules = [
        (name = "worker.js", esModule = embed "worker.js"),
        (name = "kernels.wasm", wasm = embed "kernels.wasm")
      ],
      bindings = [
        ${bindings.join(',\n        ')}
      ],
      durableObjectNamespaces = [
        (className = "EventLog", uniqueKey = "trimtab-event-log", enableSql = true),
        (className = "LiveWeights", uniqueKey = "trimtab-live-weights", enableSql = true),
        (className = "KeyKeeper", uniqueKey = "trimtab-key-keeper", enableSql = true),
        (className = "TokenKeeper", uniqueKey = "trimtab-token-keeper", enableSql = true),
        (className = "SnapshotKeeper", uniqueKey = "trimtab-snapshot-keeper", enableSql = true)
      ],
      durableObjectStorage = (localDisk = "disk-worker"),
      globalOutbound = "network"
    )),
    ${kvService('weights')},
    ${kvService('catalogue')},
    ${disk(dir, 'worker')},
    ${disk(dir, 'weights')},
    ${disk(dir, 'catalogue')},
    (name = "network", network = (allow = ["public", "private"]))
  ],
  extensions = [(modules = [
    (name = "${RATE_LIMITER}", internal = true, esModule = embed "rate-limiter.js")
  ])],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "worker")]
);
`;
}

const RATE_LIMITER = 'trimtab:rate-limiter';

/** The module runs in the Worker's own isolate, so that a count costs no more than a call. */
const rateBinding = (name: string, { limit, periodS }: Rate) =>
  `(name = "${name}", wrapped = (moduleName = "${RATE_LIMITER}", innerBindings = [
          (name = "limit", json = "${limit}"), (name = "periodS", json = "${periodS}")]))`;

const kvService = (name: string) => `(name = "kv-${name}", worker = (
      compatibilityDate = "${COMPATIBILITY_DATE}",
      modules = [(name = "kv-store.js", esModule = embed "kv-store.js")],
      bindings = [
        (name = "NAMESPACE", durableObjectNamespace = "KvStore"),
        (name = "NAME", text = "${name}")
      ],
      durableObjectNamespaces = [
        (className = "KvStore", uniqueKey = "trimtab-kv-${name}", enableSql = true)
      ],
      durableObjectStorage = (localDisk = "disk-${name}")
    ))`;

const disk = (dir: string, name: string) =>
  `(name = "disk-${name}", disk = (path = ${quoted(join(dir, 'storage', name))}, writable = true))`;
