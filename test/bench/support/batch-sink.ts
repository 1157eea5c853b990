/// <reference path="../../../backend/threads/comlink-node-adapter.d.ts" />
import { once } from 'node:events';
import { createServer } from 'node:http';
import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { ByteReader } from '../../../shared/format/bytes.ts';

/**
 * Stands in for the backend, in a thread of its own: commits every batch at once and counts its decisions.
 * Neither signature nor checksum is looked at, so that the core is left to the generator.
 */
const FRAME_HEAD_BYTES = 14;
let shipped = 0;

const exposed = {
  /** @returns the port. */
  async listen(): Promise<number> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const batchId = commit(Buffer.concat(chunks));
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ batchId }));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  },

  /** Decisions so far. */
  shipped: (): number => shipped,
};

function commit(bytes: Uint8Array): string {
  const payload = new ByteReader(bytes.subarray(FRAME_HEAD_BYTES));
  const batchId = payload.text();
  for (let left = payload.u32(); left > 0; left--) {
    shipped += new ByteReader(payload.block().subarray(FRAME_HEAD_BYTES)).u32();
  }
  return batchId;
}

export type BatchSink = typeof exposed;
if (parentPort !== null) expose(exposed, nodeEndpoint(parentPort));
