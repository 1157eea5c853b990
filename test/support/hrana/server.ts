import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorOf, HranaStream } from './stream.ts';
import type { Pipeline, PipelineAnswer } from './protocol.ts';

/** What a network and a server do to requests. */
export interface HranaFaults {
  /** Each answer comes so much later. */
  latencyMs: number;
  /** So many of the next requests are neither cut off nor answered with 503. */
  spared: number;
  /** So many of the next requests are cut off before anything is done. */
  lostRequests: number;
  /** So many of the next that change rows are carried out, and their answers lost. */
  lostAnswers: number;
  /** So many of the next are answered with 503. */
  unavailable: number;
}

export const NO_FAULTS: Readonly<HranaFaults> = {
  latencyMs: 0,
  spared: 0,
  lostRequests: 0,
  lostAnswers: 0,
  unavailable: 0,
};

export interface HranaServer {
  /** As `LIBSQL_URL`. */
  readonly url: string;
  readonly faults: HranaFaults;
  close(): Promise<void>;
}

/** A stream that nobody asks anything is closed, and its transaction rolled back, as servers do. */
const STREAM_IDLE_MS = 10_000;

interface OpenStream {
  readonly stream: HranaStream;
  expiry: NodeJS.Timeout;
}

/**
 * libSQL over the network: a Hrana server over the local engine, as no server's binary is had by a package. Streams are connections, so
 * that several clients meet each other's locks as on a server.
 * @param path of the database file. @param authToken which requests must have, if any.
 */
export async function startHranaServer(path: string, authToken?: string): Promise<HranaServer> {
  const faults: HranaFaults = { ...NO_FAULTS };
  const streams = new Map<string, OpenStream>();
  // As servers have it: who reads keeps nobody from writing.
  const first = new HranaStream(path);
  await first.answer({ type: 'execute', stmt: { sql: 'pragma journal_mode = wal' } });
  first.close();

  const take = (baton: string | null | undefined): HranaStream => {
    if (typeof baton !== 'string') return new HranaStream(path);
    const open = streams.get(baton);
    if (open === undefined) throw new HttpFault(400, 'STREAM_EXPIRED', 'there is no such stream');
    // A baton holds for one request.
    streams.delete(baton);
    clearTimeout(open.expiry);
    return open.stream;
  };
  const keep = (stream: HranaStream): string => {
    const baton = randomUUID();
    const expiry = setTimeout(() => {
      streams.delete(baton);
      stream.close();
    }, STREAM_IDLE_MS).unref();
    streams.set(baton, { stream, expiry });
    return baton;
  };
  const pipeline = async ({ baton, requests }: Pipeline) => {
    const stream = take(baton);
    const before = stream.totalChanges();
    let hasWritten = false;
    const results: PipelineAnswer['results'][number][] = [];
    let isClosed = false;
    try {
      for (const request of requests) {
        isClosed ||= request.type === 'close';
        results.push(
          await stream.answer(request).then(
            (response) => ({ type: 'ok', response }) as const,
            (error: unknown) => ({ type: 'error', error: errorOf(error) }) as const,
          ),
        );
      }
      hasWritten = stream.totalChanges() > before;
    } finally {
      if (isClosed) stream.close();
    }
    const answered: PipelineAnswer = {
      baton: isClosed ? null : keep(stream),
      base_url: null,
      results,
    };
    return { answered, hasWritten };
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await bodyOf(request);
    if (faults.spared > 0) faults.spared--;
    else if (faults.lostRequests > 0) {
      faults.lostRequests--;
      request.socket.destroy();
      return;
    } else if (faults.unavailable > 0) {
      faults.unavailable--;
      throw new HttpFault(503, 'UNAVAILABLE', 'the server is not there');
    }
    if (authToken !== undefined && request.headers.authorization !== `Bearer ${authToken}`)
      throw new HttpFault(401, 'AUTH', 'the token is not the one of this database');
    // Which versions of the protocol there are.
    if (request.method === 'GET' && ['/v2', '/v3'].includes(request.url!)) {
      response.writeHead(200).end();
      return;
    }
    if (request.method !== 'POST' || !['/v2/pipeline', '/v3/pipeline'].includes(request.url!))
      throw new HttpFault(404, 'NOT_FOUND', `there is no ${request.method} ${request.url}`);
    const { answered, hasWritten } = await pipeline(JSON.parse(body) as Pipeline);
    if (faults.latencyMs > 0) await sleep(faults.latencyMs);
    if (hasWritten && faults.lostAnswers > 0) {
      faults.lostAnswers--;
      request.socket.destroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answered));
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const [status, code] = error instanceof HttpFault ? [error.status, error.code] : [400, 'BAD'];
      const { message } = errorOf(error);
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ message, code }));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      for (const { stream, expiry } of streams.values()) {
        clearTimeout(expiry);
        stream.close();
      }
      streams.clear();
    },
  };
}

class HttpFault extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
