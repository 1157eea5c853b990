import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { ByteReader } from '../../../shared/format/bytes.ts';

/**
 * Stands in for the backend, in a thread of its own: commits every batch at once and tells the main thread how
 * many decisions it held. Neither signature nor checksum is looked at, so that the core is left to the generator.
 */
const FRAME_HEAD_BYTES = 14;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const payload = new ByteReader(Buffer.concat(chunks).subarray(FRAME_HEAD_BYTES));
    const batchId = payload.text();
    let decisions = 0;
    for (let left = payload.u32(); left > 0; left--) {
      decisions += new ByteReader(payload.block().subarray(FRAME_HEAD_BYTES)).u32();
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ batchId }));
    parentPort?.postMessage({ decisions });
  });
});
server.listen(0, '127.0.0.1', () => {
  parentPort?.postMessage({ port: (server.address() as AddressInfo).port });
});
