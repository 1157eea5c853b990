import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { freePort } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';
import { workerdBinary } from '../../support/workerd-binary.ts';

export interface EmptyWorkerd {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Runs the empty Worker on a bare `workerd serve`; it answers every request with `answer`. */
export async function startEmptyWorkerd(dir: string, answer: string): Promise<EmptyWorkerd> {
  const port = await freePort();
  await mkdir(dir, { recursive: true });
  await build({
    entryPoints: [join(import.meta.dirname, '../empty-worker.ts')],
    outfile: join(dir, 'empty-worker.js'),
    bundle: true,
    format: 'esm',
    target: 'es2024',
    logLevel: 'error',
  });
  const config = join(dir, 'config.capnp');
  await writeFile(config, configuration(port, answer));
  const child = spawn(workerdBinary, ['serve', config, 'config'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  process.once('exit', () => child.kill('SIGKILL'));
  await until(`the empty Worker answers on port ${port}`, async () => {
    const response = await fetch(`http://127.0.0.1:${port}/`);
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

const configuration = (
  port: number,
  answer: string,
) => `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      compatibilityDate = "2026-11-01",
      modules = [(name = "empty-worker.js", esModule = embed "empty-worker.js")],
      bindings = [(name = "ANSWER", text = ${JSON.stringify(answer)})]
    ))
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "worker")]
);
`;
