import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';

export interface Listening {
  readonly url: string;
  /** Finishes the requests under way, then stops. */
  close(): Promise<void>;
}

const CLOSE_WITHIN_MS = 5000;
const CLOSE_LOOK_MS = 20;
/**
 * How long a connection stays open that nobody asks anything on. Whoever asks on one that is just being closed loses the request: so it is
 * longer than this process may be held up, and than proxies in front of it keep theirs (60 s by default). Node has 5 s.
 */
const KEEP_ALIVE_MS = 75_000;

/** @param port 0 = any free one. @throws Error naming the port when it is taken. */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  host: string,
  port: number,
): Promise<Listening> {
  const server = createAdaptorServer({ fetch }) as Server;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Error(
          `cannot listen on ${host}:${port} (${error.code}): set TRIMTAB_BACKEND_PORT to a free port`,
          { cause: error },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shownHost}:${address.port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      // Closing ends the connections that are idle now; those with a request under way are idle once it is answered.
      const idle = setInterval(() => server.closeIdleConnections(), CLOSE_LOOK_MS);
      const force = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
      await closed;
      clearInterval(idle);
      clearTimeout(force);
    },
  };
}
