import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A KV namespace as workerd asks for one, which can be made to fail. */
export interface KvServer {
  readonly url: string;
  /** While true, every request is answered 500. */
  isDown: boolean;
  close(): Promise<void>;
}

const METADATA = 'cf-kv-metadata';

export async function startKvServer(): Promise<KvServer> {
  const values = new Map<string, { bytes: Buffer; metadata: string }>();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request);
    const key = new URL(request.url ?? '', 'http://kv').pathname;
    if (kv.isDown) return response.writeHead(500).end('down for a test');
    if (request.method === 'PUT') {
      values.set(key, { bytes: body, metadata: String(request.headers[METADATA] ?? 'null') });
      return response.end();
    }
    if (request.method === 'DELETE') {
      values.delete(key);
      return response.end();
    }
    const found = values.get(key);
    if (found === undefined) return response.writeHead(404).end();
    return response.setHeader(METADATA, found.metadata).end(found.bytes);
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const kv: KvServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isDown: false,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return kv;
}
