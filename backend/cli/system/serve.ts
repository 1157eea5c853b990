import { Command } from 'commander';
import { keepPrivate } from '../../config/keep-private.ts';
import { stateDir } from '../../config/state-dir.ts';
import { port } from '../command/arguments.ts';
import { log } from '../../process/logger.ts';
import { aborted, stopSignal } from '../../client/stop-signal.ts';

export const serveVerb = (): Command =>
  new Command('serve')
    .description('run the backend alone; its settings come from trimtab.config.ts')
    .option('--port <port>', 'where to listen (env TRIMTAB_BACKEND_PORT)', port)
    .option('--edge <url>', 'the edge to publish to (env TRIMTAB_EDGE_URL)')
    .option('--demo', 'use the settings of "npm start" where the configuration file says nothing')
    .option('--json', 'print one line of JSON when ready')
    .action(serve);

interface Options {
  readonly port?: number;
  readonly edge?: string;
  readonly demo?: boolean;
  readonly json?: boolean;
}

async function serve(options: Options): Promise<void> {
  const signal = stopSignal();
  // Imported here, so that the other verbs, which do not need the backend, start faster.
  keepPrivate(stateDir());
  const [{ loadConfig }, { startLockedBackend }] = await Promise.all([
    import('../../config/config.ts'),
    import('../../main.ts'),
  ]);
  const backend = await startLockedBackend(
    await loadConfig({
      env: {
        ...process.env,
        ...(options.port === undefined ? {} : { TRIMTAB_BACKEND_PORT: String(options.port) }),
        ...(options.edge === undefined ? {} : { TRIMTAB_EDGE_URL: options.edge }),
      },
      directory: process.cwd(),
      demo: options.demo,
    }),
  );
  if (options.json === true) process.stdout.write(`${JSON.stringify({ url: backend.url })}\n`);
  else log(`listening on ${backend.url}`);
  await aborted(signal);
  await backend.close();
}
