import { Command, Option } from 'commander';
import { readyMessage } from '../../start/ready-message.ts';
import type { Running } from '../../start/start.ts';
import { port } from '../command/arguments.ts';
import { note } from '../../client/print.ts';
import { stopSignal } from '../../client/stop-signal.ts';

interface Options {
  readonly edgePort: number;
  readonly backendPort: number;
  readonly demo: boolean;
  readonly watch: boolean;
  readonly json?: boolean;
}

export const startAllVerb = (): Command =>
  new Command('start')
    .description(
      'run the edge and the backend on this machine, with a demo catalogue the first time',
    )
    .addOption(
      new Option('--edge-port <port>', 'where the edge listens')
        .env('TRIMTAB_EDGE_PORT')
        .default(8787)
        .argParser(port),
    )
    .addOption(
      new Option('--backend-port <port>', 'where the backend does')
        .env('TRIMTAB_BACKEND_PORT')
        .default(8788)
        .argParser(port),
    )
    .option('--no-demo', 'start with an empty catalogue')
    .option('--watch', 'start the backend again when a source file changes', false)
    .option('--json', 'print one line of JSON when ready')
    .action(start);

async function start(options: Options): Promise<void> {
  const beganMs = performance.now();
  const signal = stopSignal();
  signal.addEventListener('abort', () => note('Stopping …'));
  const onReady = (running: Running) => {
    const { edgeUrl, backendUrl, version, imported } = running;
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify({ edgeUrl, backendUrl, version, imported })}\n`
        : readyMessage(running, performance.now() - beganMs),
    );
  };
  note('Starting the edge (workerd) and the backend …');
  const onLine = (from: string, line: string) => {
    // Wrangler's output while it is being stopped is of no use to anybody.
    if (from !== 'edge' || !signal.aborted) note(`${from} | ${line}`);
  };
  // Imported here, so that the other verbs, which do not need it, start faster.
  const { runAll } = await import('../../start/start.ts');
  await runAll({ ...options, onReady, onLine }, signal);
}
