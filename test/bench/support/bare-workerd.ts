import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { freePort } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';
import { workerdBinary } from '../../support/workerd-binary.ts';

export interface BareWorkerd {
  readonly port: number;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** A Worker that a ranking's cost is held against. */
export interface BareWorker {
  /** File name in `test/bench`. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string>>;
  /** Name of its binding of Durable Objects → name of their class. */
  readonly objects?: Readonly<Record<string, string>>;
}

/** Runs a Worker of the benchmark on a bare `workerd serve` under the edge's compatibility date, its storage on disk as the edge's is. */
export async function startBareWorkerd(dir: string, worker: BareWorker): Promise<BareWorkerd> {
  const port = await freePort();
  await mkdir(join(dir, 'storage'), { recursive: true });
  const outfile = `${basename(worker.entry, '.ts')}.js`;
  await build({
    entryPoints: [join(import.meta.dirname, '..', worker.entry)],
    outfile: join(dir, outfile),
    bundle: true,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:workers'],
    logLevel: 'error',
  });
  const config = join(dir, 'config.capnp');
  await writeFile(config, configuration({ dir, port, outfile, ...worker }));
  const child = spawn(workerdBinary, ['serve', '--experimental', config, 'config'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  process.once('exit', () => child.kill('SIGKILL'));
  await until(`${worker.entry} answers on port ${port}`, async () => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}' });
    await response.text();
    return response.ok;
  });
  return {
    port,
    pid: child.pid!,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function configuration({
  dir,
  port,
  outfile,
  env,
  objects = {},
}: Omit<BareWorker, 'entry'> & { dir: string; port: number; outfile: string }): string {
  const bindings = [
    ...Object.entries(env).map(
      ([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`,
    ),
    ...Object.entries(objects).map(
      ([name, className]) => `(name = "${name}", durableObjectNamespace = "${className}")`,
    ),
  ];
  const classes = Object.values(objects).map(
    (className) => `(className = "${className}", uniqueKey = "${className}", enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      compatibilityDate = "2026-11-01",
      modules = [(name = "${outfile}", esModule = embed "${outfile}")],
      bindings = [${bindings.join(', ')}],
      durableObjectNamespaces = [${classes.join(', ')}],
      durableObjectStorage = (localDisk = "disk"),
      globalOutbound = "network"
    )),
    (name = "disk", disk = (path = ${JSON.stringify(join(dir, 'storage'))}, writable = true)),
    (name = "network", network = (allow = ["private"]))
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "worker")]
);
`;
}
