import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface FeedServer {
  readonly url: string;
  readonly host: string;
  /** What it does with the next requests. */
  answer: Handler;
  /** Headers of each request so far. */
  readonly asked: IncomingMessage['headers'][];
  close(): Promise<void>;
}

/** A real HTTP server that answers as each test wants. */
export async function startFeedServer(): Promise<FeedServer> {
  const server = createServer((request, response) => {
    asked.push(request.headers);
    one.answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const asked: IncomingMessage['headers'][] = [];
  const one: FeedServer = {
    url: `http://${host}`,
    host,
    answer: (_, response) => void response.writeHead(404).end(),
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return one;
}

/** A whole table, and nothing else. */
export const table =
  (lines: readonly string[], headers: Readonly<Record<string, string>> = {}): Handler =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'text/csv', ...headers });
    response.end(`${lines.join('\n')}\n`);
  };
