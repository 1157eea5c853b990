import { Command } from 'commander';
import { port } from '../command/arguments.ts';
import { log } from '../../process/logger.ts';
import { aborted, stopSignal } from '../../client/stop-signal.ts';

export const serveVerb = (): Command =>
  new Command('serve')
    .description('run the backend alone, configured by the environment')
    .option('--port <port>', 'where to listen (env TRIMTAB_BACKEND_PORT)', port)
    .option('--edge <url>', 'the edge to publish to (env TRIMTAB_EDGE_URL)')
    .option('--json', 'print one line of JSON when ready')
    .action(serve);

async function serve(options: { port?: number; edge?: string; json?: boolean }): Promise<void> {
  const signal = stopSignal();
  // Imported here, so that the other verbs, which do not need the backend, start faster.
  const [{ readConfig }, { startBackend }] = await Promise.all([
    import('../../config/config.ts'),
    import('../../main.ts'),
  ]);
  const backend = await startBackend(
    readConfig({
      ...process.env,
      ...(options.port === undefined ? {} : { TRIMTAB_BACKEND_PORT: String(options.port) }),
      ...(options.edge === undefined ? {} : { TRIMTAB_EDGE_URL: options.edge }),
    }),
  );
  if (options.json === true) process.stdout.write(`${JSON.stringify({ url: backend.url })}\n`);
  else log(`listening on ${backend.url}`);
  await aborted(signal);
  await backend.close();
}
