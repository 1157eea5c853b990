import { createServer } from 'node:http';
import { workerData } from 'node:worker_threads';
import { ByteReader } from '../../../shared/format/bytes.ts';

/**
 * Stands in for the backend, in a thread of its own: commits every batch at once and counts its decisions.
 * Neither signature nor checksum is looked at, so that the core is left to the generator. The floor Worker says in a header how
 * many decisions its batch has.
 */
const FRAME_HEAD_BYTES = 14;

/** Shared with the main thread: `[port, decisions so far]`. */
const state: Int32Array<SharedArrayBuffer> = workerData;
const [PORT, SHIPPED] = [0, 1];

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const told = Number(request.headers['x-decisions'] ?? 0);
    Atomics.add(state, SHIPPED, told);
    const batchId = told > 0 ? undefined : commit(Buffer.concat(chunks));
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ batchId }));
  });
}).listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) Atomics.store(state, PORT, address.port);
});

function commit(bytes: Uint8Array): string {
  const payload = new ByteReader(bytes.subarray(FRAME_HEAD_BYTES));
  const batchId = payload.text();
  for (let left = payload.u32(); left > 0; left--) {
    const batch = new ByteReader(payload.block().subarray(FRAME_HEAD_BYTES));
    Atomics.add(state, SHIPPED, batch.u32());
  }
  return batchId;
}
