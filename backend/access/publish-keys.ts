import { parseKeyList } from '../../shared/domain/access-key.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import type { EdgeAccess } from '../models/edge-kv.ts';
import type { Job } from '../scheduler/scheduler.ts';
import type { AccessKeys } from './keys.ts';

const TIMEOUT_MS = 10_000;
/** What was lost at the edge meanwhile, or put there by another backend, is found so late at most. */
const LOOK_AGAIN_MS = 600_000;
/** After a failure; twice as long after each further one, up to a minute. */
const RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

export type KeyPublisher = ReturnType<typeof keyPublisherOf>;

interface PublisherDeps {
  readonly keys: AccessKeys;
  readonly edge: Pick<EdgeAccess, 'edgeUrl' | 'secretKey'>;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

/** Brings the list of keys to the edge: `PUT /v1/live/keys` stores it in KV and tells every cell at once. */
export function keyPublisherOf({ keys, edge, nowMs, log }: PublisherDeps) {
  let published: { readonly revision: number; readonly atMs: number } | undefined;
  let failures = 0;
  let notBeforeMs = 0;
  const put = async (isSecond = false): Promise<void> => {
    const list = await keys.inForce();
    const response = await ask(edge, 'PUT', JSON.stringify(list));
    const text = await response.text();
    const newer = response.status === 409 ? newerIn(text) : undefined;
    if (newer !== undefined && !isSecond) {
      // Another backend, or another request, was between: what the database has is sent again.
      if (newer.revision <= (await keys.revision())) return put(true);
      const revoked = await keys.catchUp(newer);
      log(
        `the edge knows a newer list of keys than this database, as after it was restored${
          revoked.length === 0 ? '' : `: revoked again are ${revoked.join(', ')}`
        }`,
      );
      return put(true);
    }
    if (!response.ok)
      throw new Error(`the edge did not take the keys: ${response.status} ${text.slice(0, 200)}`);
    const { failed = [] } = JSON.parse(text) as { failed?: readonly string[] };
    if (failed.length > 0)
      throw new Error(`these cells of the edge were not told of the keys: ${failed.join(', ')}`);
    published = { revision: list.revision, atMs: nowMs() };
    failures = 0;
  };
  return {
    /** @returns why the edge does not know yet; undefined where it does. It is tried again until it does. */
    async publish(): Promise<string | undefined> {
      try {
        await put();
        return undefined;
      } catch (error) {
        return messageOf(error);
      }
    },
    /** When the edge last saw each key, epoch ms by hash, within a minute or so. @returns none where it does not answer. */
    async lastUsed(): Promise<ReadonlyMap<string, number>> {
      try {
        const response = await ask(edge, 'GET');
        if (!response.ok) return new Map();
        const { used = {} } = (await response.json()) as { used?: Record<string, number> };
        return new Map(Object.entries(used));
      } catch {
        return new Map();
      }
    },
    /** Whether what is in force has reached the edge; without any key there is nothing to bring. */
    job: (everyMs: number): Job => ({
      name: 'keys at the edge',
      schedule: everyMs,
      leaderOnly: true,
      async run() {
        const revision = await keys.revision();
        if (revision === 0) return;
        const isDone = published?.revision === revision && nowMs() - published.atMs < LOOK_AGAIN_MS;
        if (isDone || nowMs() < notBeforeMs) return;
        try {
          await put();
        } catch (error) {
          notBeforeMs = nowMs() + Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** failures++);
          throw error;
        }
      },
    }),
  };
}

const ask = (
  { edgeUrl, secretKey }: Pick<EdgeAccess, 'edgeUrl' | 'secretKey'>,
  method: string,
  body?: string,
): Promise<Response> =>
  fetch(`${edgeUrl}/v1/live/keys`, {
    method,
    headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body !== undefined && { body }),
  });

function newerIn(text: string) {
  try {
    const { details } = JSON.parse(text) as { details?: { list?: unknown } };
    return details?.list === undefined ? undefined : parseKeyList(JSON.stringify(details.list));
  } catch {
    return undefined;
  }
}
