import { once } from 'node:events';
import { createServer } from 'node:net';

/** Systems take the ports of outgoing connections from 32768 up: under that nobody takes a killed server's port. */
const FIRST = 20_000;
/**
 * Test files run at the same time, and a port is free until somebody listens on it, seconds after it was found: each of these processes has a
 * part of the ports to itself, and gives none of them twice.
 */
const PARTS = 16;
const PORTS = 750;
const part = Number(process.env.VITEST_POOL_ID ?? process.pid) % PARTS;
const given = new Set<number>();

/** @throws Error once a process has asked for as many as it has. */
export async function freePort(): Promise<number> {
  for (;;) {
    if (given.size === PORTS) throw new Error(`${PORTS} ports were given to one process`);
    const port = FIRST + part * PORTS + Math.floor(Math.random() * PORTS);
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer();
    const opened = Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ]);
    server.listen(port, '127.0.0.1');
    if (!(await opened)) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
