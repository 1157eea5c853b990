import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Decision } from '../../../../shared/domain/decision.ts';
import {
  ingestBatchFromBytes,
  type CollectedEvent,
} from '../../../../shared/format/ingest-bytes.ts';
import { until } from '../../../support/until.ts';
import { startWorkerd, type Workerd } from '../../../support/workerd.ts';

export const KEY = 'pk_of_these_tests_of_the_client';

/** The real Worker on a bare workerd, and what it ships: each event as often as it was stored. */
export interface EdgeLog {
  readonly url: string;
  readonly edge: Workerd;
  readonly events: readonly CollectedEvent[];
  readonly decisions: readonly Decision[];
  /** Waits for so many events of a type, and a moment longer for any that are too many. */
  untilLogged(type: string, count: number): Promise<readonly CollectedEvent[]>;
  /** Forgets what came so far. */
  clear(): void;
  close(): Promise<void>;
}

export async function startEdgeLog(): Promise<EdgeLog> {
  const events: CollectedEvent[] = [];
  const decisions: Decision[] = [];
  const backend = createServer((request, response) => {
    const ingest = async () => {
      const batch = ingestBatchFromBytes(new Uint8Array(await buffer(request)));
      events.push(...batch.events);
      decisions.push(...batch.decisions);
      response.end(JSON.stringify({ batchId: batch.batchId }));
    };
    void ingest();
  });
  const dir = await mkdtemp(join(tmpdir(), 'trimtab-client-'));
  const edge = await startWorkerd({
    dir,
    env: {
      PUBLISHABLE_KEYS: KEY,
      SECRET_KEYS: 'sk_of_these_tests_of_the_client',
      TOKEN_SECRET: 'token secret of these tests',
      INGEST_SECRET: 'ingest secret of these tests',
      BACKEND_URL: await listening(backend),
      SHIP_INTERVAL_MS: '20',
    },
  });
  return {
    url: edge.url,
    edge,
    events,
    decisions,
    async untilLogged(type, count) {
      const found = () => events.filter((event) => event.type === type);
      await until(`${count} events of type ${type}`, async () => found().length >= count);
      return found();
    },
    clear() {
      events.length = 0;
      decisions.length = 0;
    },
    async close() {
      await edge.stop();
      backend.close();
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Listens on a free port of this machine. @returns its address. */
export async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
