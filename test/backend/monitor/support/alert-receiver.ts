import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into it
  readonly json: any;
}

/** Somebody's endpoint for alerts: answers what `answer` says, and keeps what it was sent. */
export async function startAlertReceiver() {
  const received: Received[] = [];
  const receiver = {
    received,
    answer: () => 204 as number,
    /** Further headers of its answers. */
    headers: {} as Record<string, string>,
    /** What its answers wait for. */
    until: Promise.resolve(),
    url: '',
    close,
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = new Uint8Array(Buffer.concat(chunks));
      received.push({
        headers: request.headers,
        body,
        json: JSON.parse(new TextDecoder().decode(body)),
      });
      void receiver.until.then(() =>
        response
          .writeHead(receiver.answer(), { location: receiver.url, ...receiver.headers })
          .end(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=hidden`;
  function close() {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  }
  return receiver;
}
