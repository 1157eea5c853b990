import { createServer } from 'node:net';
import { CliError } from '../client/failure.ts';

/** @throws CliError naming the port and what to do when something listens there already. */
export async function needFreePort(port: number, what: string, flag: string, variable: string) {
  const problem = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
  if (problem === undefined) return;
  throw new CliError(
    problem.code === 'EADDRINUSE'
      ? `port ${port}, where ${what} should listen, is taken: stop what listens there (lsof -i :${port} names it), or choose another with ${flag} or ${variable}`
      : `port ${port}, where ${what} should listen, cannot be used (${problem.code}): choose another with ${flag} or ${variable}`,
  );
}
