import { NEWEST_PATCH_FORMAT } from '../../../shared/format/patch-bytes.ts';
import { NEWEST_SNAPSHOT_FORMAT } from '../../../shared/format/snapshot-bytes.ts';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { DeltaBatch } from '../../../backend/runs/online/send-deltas.ts';
import type { WeightDelta } from '../../../shared/domain/weight-delta.ts';

/** A batch as one cell was sent it. */
export interface SentBatch extends Omit<DeltaBatch, 'deltas'> {
  readonly cell: string;
  readonly deltas: readonly WeightDelta[];
}

/** The edge's admin routes over plain HTTP, with levers for what real KV does now and then. */
export interface KvServer {
  readonly url: string;
  /** `<namespace>/<key>` → value. */
  readonly values: Map<string, Buffer>;
  /** `PUT WEIGHTS/active`, in order. */
  readonly calls: string[];
  /** What was sent to LiveWeights, which follow no pointer here. */
  readonly deltas: SentBatch[];
  /** What the next reads of a key answer instead: KV caches what was there before. */
  readonly stale: Map<string, { left: number; value: Buffer | undefined }>;
  /** Answers this many calls with 503. */
  failures: number;
  /** Answers calls like `PUT WEIGHTS/active` with 503. */
  failing: RegExp | undefined;
  /** Whether `/v1/version` says that sessions are held out of online deltas; otherwise it answers nothing. */
  holdsOut: boolean;
  /** The newest format of snapshots that it says there it reads; one from before says nothing. */
  snapshotFormat: number | undefined;
  /** The newest format of patches that it says there it reads. */
  patchFormat: number | undefined;
  /** Whether it says there that it takes a batch for several cells, under a number. */
  numbersDeltas: boolean;
  text(key: string): string | undefined;
  close(): Promise<void>;
}

/** As the Worker has it. Its type is of the edge's own project. */
const EDGE_SOURCE = '../../../edge/http/openapi.ts';
const { OPENAPI } = (await import(EDGE_SOURCE)) as { readonly OPENAPI: object };
const EDGE_DOCUMENT = JSON.stringify(OPENAPI);

export async function startKvServer(secretKey: string, port = 0): Promise<KvServer> {
  const values = new Map<string, Buffer>();
  const calls: string[] = [];
  const stale: KvServer['stale'] = new Map();
  const deltas: SentBatch[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      // What the Worker describes of itself, to whoever asks.
      if (request.url === '/openapi.json') return answer(response, 200, EDGE_DOCUMENT);
      const key = decodeURIComponent(request.url!.replace('/v1/kv/', ''));
      if (request.headers.authorization !== `Bearer ${secretKey}`)
        return answer(response, 401, '{}');
      if (kv.failures > 0) {
        kv.failures--;
        return answer(response, 503, '{}');
      }
      if (kv.failing?.test(`${request.method} ${key}`)) return answer(response, 503, '{}');
      if (request.url === '/v1/version')
        return answer(
          response,
          kv.holdsOut ? 200 : 404,
          JSON.stringify({
            holdsOut: true,
            numbersDeltas: kv.numbersDeltas,
            snapshotFormat: kv.snapshotFormat,
            patchFormat: kv.patchFormat,
          }),
        );
      if (request.url === '/v1/live/deltas') {
        const batch = JSON.parse(Buffer.concat(chunks).toString()) as SentBatch & {
          cells?: string[];
        };
        const { cells, ...one } = batch;
        deltas.push(...(cells?.map((cell) => ({ ...one, cell })) ?? [one]));
        return answer(response, 200, JSON.stringify({ cells: cells?.map((cell) => ({ cell })) }));
      }
      calls.push(`${request.method} ${key}`);
      if (request.method === 'PUT') {
        values.set(key, Buffer.concat(chunks));
        return answer(response, 200, '{}');
      }
      if (request.method === 'DELETE') {
        values.delete(key);
        return answer(response, 200, '{}');
      }
      const old = stale.get(key);
      if (old !== undefined && old.left-- > 0)
        return old.value === undefined ? answer(response, 404) : answer(response, 200, old.value);
      const value = values.get(key);
      return value === undefined ? answer(response, 404, '{}') : answer(response, 200, value);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  const kv: KvServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    values,
    calls,
    deltas,
    stale,
    failures: 0,
    failing: undefined,
    holdsOut: true,
    snapshotFormat: NEWEST_SNAPSHOT_FORMAT,
    patchFormat: NEWEST_PATCH_FORMAT,
    numbersDeltas: true,
    text: (key) => values.get(key)?.toString(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return kv;
}

function answer(response: ServerResponse, status: number, body: Buffer | string = ''): void {
  response.writeHead(status);
  response.end(body);
}
