import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { writeConfig, type Rates } from '../../edge/selfhost/config.ts';
import { workerdBinary } from './workerd-binary.ts';

export interface Workerd {
  readonly url: string;
  readonly pid: number;
  /** Like a power cut: no handler runs, nothing is flushed. */
  kill9(): Promise<void>;
  stop(): Promise<void>;
}

export interface KvUrls {
  readonly weights: string;
  readonly catalogue: string;
}

const START_MS = 120_000;

/**
 * Runs the Worker on a bare `workerd serve` with its state under `dir`; started again on the same `dir` it
 * finds all that was durable. Ready to answer when this resolves.
 * @param port a free one when left out.
 * @param env the Worker's variables and secrets.
 * @param rates what is limited; nothing when left out.
 * @param kvUrls where the namespaces are, when not beside the rest.
 */
export async function startWorkerd({
  dir,
  port = 0,
  env,
  rates,
  kvUrls,
}: {
  dir: string;
  port?: number;
  env: Readonly<Record<string, string>>;
  rates?: Rates;
  kvUrls?: KvUrls;
}): Promise<Workerd> {
  const config = await writeConfig({ dir, port, env, ...(rates && { rates }) });
  if (kvUrls !== undefined) await moveKv(config, kvUrls);
  const child = spawn(
    workerdBinary,
    ['serve', '--experimental', '--control-fd=3', config, 'config'],
    {
      stdio: ['ignore', 'inherit', 'pipe', 'pipe'],
    },
  );
  const exited = once(child, 'exit');
  // A test run that is cut short must not leave servers behind.
  const abandon = () => child.kill('SIGKILL');
  process.once('exit', abandon);
  void exited.then(() => process.off('exit', abandon));
  let errors = '';
  child.stderr
    ?.setEncoding('utf8')
    .on('data', (text: string) => (errors = (errors + text).slice(-4000)));
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await exited;
  };
  const bound = await listeningPort(child.stdio[3], exited);
  if (bound === undefined) {
    await end('SIGKILL');
    throw new Error(`workerd did not start on port ${port}:\n${errors}`);
  }
  const url = `http://127.0.0.1:${bound}`;
  return { url, pid: child.pid ?? 0, kill9: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

/** workerd says on its control pipe when it listens, and where. @returns undefined if it never does. */
async function listeningPort(
  control: unknown,
  exited: Promise<unknown>,
): Promise<number | undefined> {
  if (!(control instanceof Readable)) throw new Error('workerd has no control pipe');
  const lines = createInterface({ input: control });
  const timer = setTimeout(() => lines.close(), START_MS);
  void exited.then(() => lines.close());
  try {
    for await (const line of lines) {
      const { event, port }: { event?: unknown; port?: unknown } = JSON.parse(line);
      if (event === 'listen') return Number(port);
    }
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

async function moveKv(config: string, urls: KvUrls): Promise<void> {
  let text = await readFile(config, 'utf8');
  for (const [name, url] of Object.entries(urls)) {
    const outside = `(name = "outside-${name}", external = (address = "${new URL(url).host}", http = ()))`;
    text = text
      .replace(`kvNamespace = "kv-${name}"`, `kvNamespace = "outside-${name}"`)
      .replace('services = [', `services = [ ${outside},`);
  }
  await writeFile(config, text);
}
