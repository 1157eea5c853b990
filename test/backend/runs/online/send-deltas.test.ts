import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { sendDeltas } from '../../../../backend/runs/online/send-deltas.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';

const BATCH = { arm: '', baseVersion: RULES_VERSION, deltas: '[]', number: 1 };
const ANSWER = JSON.stringify({ cells: [{ cell: 'EU' }] });

/** An edge that answers one request of each connection, and then does `atSecond` with it once the next one has come. */
async function edgeThat(atSecond: (socket: Socket) => void) {
  const asked: number[] = [];
  const server = createServer((socket) => {
    const connection = asked.push(0) - 1;
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      text += data.toString();
      const head = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
      if (head < 0 || text.length < head + 4 + length) return;
      text = '';
      if (++asked[connection] > 1) atSecond(socket);
      else
        socket.write(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`,
        );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { edgeUrl: `http://127.0.0.1:${port}`, secretKey: 'sk', asked, server };
}

describe('deltas on a kept connection', () => {
  it('go by another one where the edge has given it up', async () => {
    const edge = await edgeThat((socket) => socket.destroy());
    try {
      for (let turn = 0; turn < 3; turn++)
        expect(await sendDeltas(edge, BATCH, ['EU'], true)).toEqual(new Map());
      expect(edge.asked).toEqual([2, 2, 1]);
    } finally {
      edge.server.close();
    }
  });

  it('are not accepted where no connection is answered', async () => {
    const edge = await edgeThat((socket) => socket.destroy());
    edge.server.removeAllListeners('connection');
    edge.server.on('connection', (socket: Socket) => socket.destroy());
    try {
      const refused = await sendDeltas(edge, BATCH, ['EU'], true);
      expect(refused.get('EU')).toMatch(/socket hang up|ECONNRESET/);
    } finally {
      edge.server.close();
    }
  });
});
