import { randomUUID } from 'node:crypto';
import { createClient } from '@libsql/client';
import { drizzle, type LibSQLDatabase } from 'drizzle-orm/libsql';
import type { Version } from '../../shared/domain/ids.ts';
import type { Part, System } from './system.ts';
import { until } from './until.ts';

/** A system that runs, whoever started it. */
export type WithParts = Pick<System, 'keys'> & {
  readonly edge: Pick<Part, 'ask'>;
  readonly backend: Pick<Part, 'ask'>;
};

/** The answer of `POST /v1/rank`. */
export interface Ranking {
  readonly rankingId: string;
  readonly weights: Version;
  readonly snapshot: string;
  readonly degraded: boolean;
  readonly token: string;
  readonly items: readonly {
    readonly id: string;
    readonly position: number;
    readonly score: number;
    readonly propensity: number;
  }[];
}

/** What `GET /v1/version` answers a secret key, as far as tests read it. */
export interface LiveAtEdge {
  readonly weights: Version;
  readonly snapshot: string;
  readonly items: number;
  readonly degraded: boolean;
  readonly problems?: readonly string[];
}

/** @param pinned rank with this stored version instead of the live one. @throws Error unless it is answered 200. */
export async function rank({ edge, keys }: System, body: object, pinned?: Version) {
  const answer = await edge.ask('/v1/rank', {
    key: pinned === undefined ? keys.publishableKey : keys.secretKey,
    ...(pinned && { headers: { 'x-trimtab-version': pinned } }),
    body,
  });
  if (answer.status !== 200) throw new Error(`rank was answered ${answer.status}: ${answer.text}`);
  return answer.json<Ranking & Record<string, unknown>>();
}

/** A click with an id of its own. */
export const clickOn = ({ rankingId, token }: Ranking, itemId: string) => ({
  eventId: randomUUID(),
  type: 'click',
  rankingId,
  itemId,
  timestamp: Date.now(),
  token,
});

/** One call of the backend by its secret key. @throws Error unless it succeeds. */
export async function call<T>(
  { backend, keys }: Pick<WithParts, 'backend' | 'keys'>,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<T> {
  const answer = await backend.ask(path, { method, key: keys.secretKey, body });
  if (answer.status >= 300)
    throw new Error(`${method} ${path} was answered ${answer.status}: ${answer.text}`);
  return answer.json<T>();
}

export const liveAtEdge = async ({ edge, keys }: Pick<WithParts, 'edge' | 'keys'>) =>
  (await edge.ask('/v1/version', { key: keys.secretKey })).json<LiveAtEdge>();

/** Puts items in, and returns once the edge ranks them. */
export async function putItems(system: WithParts, items: readonly object[]): Promise<void> {
  for (let from = 0; from < items.length; from += 5000)
    await call(system, 'PUT', '/v1/items', items.slice(from, from + 5000));
  await until(`the edge has ${items.length} items`, async () => {
    const { items: live } = await liveAtEdge(system);
    return live === items.length;
  });
}

/** The backend's database, for reading. The caller closes it. */
export function openDatabase({ databaseUrl }: System): {
  db: LibSQLDatabase;
  close: () => void;
} {
  const client = createClient({ url: databaseUrl, concurrency: 1, timeout: 5000 });
  return { db: drizzle(client), close: () => client.close() };
}

/** Waits for a training run that was started by hand. @returns its row. */
export async function train(system: System, asked: object = {}): Promise<Run> {
  const { runId } = await call<{ runId: string }>(system, 'POST', '/v1/train', asked);
  return until(`run ${runId} ends`, async () => {
    const run = await call<Run>(system, 'GET', `/v1/runs/${runId}`);
    return run.status === 'running' ? undefined : run;
  });
}

export interface Run {
  readonly status: string;
  readonly version: Version | null;
  readonly error: string | null;
  readonly progress: {
    readonly outcome?: string;
    readonly gate?: { readonly verdict: string; readonly reason: string };
    readonly curve?: readonly object[];
  };
}
