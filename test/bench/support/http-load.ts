import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

/** What one round of requests took. */
export interface Load {
  readonly connections: number;
  readonly requests: number;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  /** Of each request, by the client's clock, rising. */
  readonly latenciesMs: Float64Array;
  /** How much of its one thread the generator used, 0..1: near 1 it is the generator that was measured. */
  readonly generatorBusy: number;
}

export interface LoadOptions {
  readonly port: number;
  /** Whole HTTP requests, sent in turn. */
  readonly requests: readonly Buffer[];
  /** Each has one request under way at a time. */
  readonly connections: number;
  readonly durationMs: number;
}

/**
 * Sends requests over raw keep-alive sockets, the next one as soon as an answer is complete. Ready-made bytes
 * go out and answers are only measured, so that one core of generator outruns one of server.
 * @throws Error when an answer is not 200 or a connection breaks.
 */
export async function httpLoad(options: LoadOptions): Promise<Load> {
  const { port, requests, connections, durationMs } = options;
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const latencies: number[] = [];
  const busyBefore = performance.eventLoopUtilization();
  const startMs = performance.now();
  const endMs = startMs + durationMs;
  let next = 0;
  try {
    await Promise.all(
      sockets.map((socket) =>
        converse(socket, (sentMs) => {
          const nowMs = performance.now();
          if (sentMs !== undefined) latencies.push(nowMs - sentMs);
          return nowMs < endMs ? requests[next++ % requests.length] : undefined;
        }),
      ),
    );
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  const seconds = (performance.now() - startMs) / 1000;
  const busy = performance.eventLoopUtilization(busyBefore);
  return {
    connections,
    requests: latencies.length,
    seconds,
    requestsPerSecond: latencies.length / seconds,
    latenciesMs: Float64Array.from(latencies).toSorted(),
    generatorBusy: busy.utilization,
  };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** @param turn given when the answered request was sent, says what to send next; undefined: enough. */
function converse(
  socket: Socket,
  turn: (sentMs: number | undefined) => Buffer | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentMs: number | undefined;
    const say = () => {
      const request = turn(sentMs);
      if (request === undefined) return resolve();
      sentMs = performance.now();
      socket.write(request);
    };
    let head = '';
    let missingBytes = 0;
    socket.on('data', (chunk) => {
      if (missingBytes > 0) missingBytes -= chunk.length;
      else {
        head += chunk.toString('latin1');
        const bodyAt = head.indexOf('\r\n\r\n') + 4;
        if (bodyAt < 4) return;
        const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
        if (!head.startsWith('HTTP/1.1 200') || length === undefined) {
          return reject(
            new Error(`expected 200 with a content-length, but got: ${head.slice(0, 600)}`),
          );
        }
        missingBytes = bodyAt + Number(length) - head.length;
        head = '';
      }
      if (missingBytes === 0) say();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server closed a connection')));
    say();
  });
}

/** A whole HTTP/1.1 request as bytes. */
export function postRequest(path: string, key: string, body: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(body));
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    `Authorization: Bearer ${key}`,
    'Content-Type: application/json',
    `Content-Length: ${json.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), json]);
}
