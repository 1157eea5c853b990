import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../../shared/domain/errors.ts';
import { reasonOf } from '../process/logger.ts';
import { asciiJson } from '../../shared/text/ascii-json.ts';

export type KvNamespace = 'WEIGHTS' | 'CATALOGUE';

/** Workers KV, through the edge's admin routes. Every call may throw ApiError 502 or 503, which name the remedy. */
export interface Kv {
  /** @returns undefined where there is no such key. */
  get(namespace: KvNamespace, key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /**
   * @param withinMs after it the edge refuses what still arrives, and an attempt that is not answered is the last one: so where this resolves,
   * nothing is under way any more, and where it rejects, nothing is once this time is over. By the clocks of both.
   */
  put(
    namespace: KvNamespace,
    key: string,
    value: Uint8Array<ArrayBuffer> | string,
    metadata?: Record<string, unknown>,
    withinMs?: number,
  ): Promise<void>;
  /** Tries once, for at most `KV_TIMEOUT_MS`. Whether the key was there makes no difference. */
  delete(namespace: KvNamespace, key: string): Promise<void>;
}

export interface EdgeAccess {
  readonly edgeUrl: string;
  readonly secretKey: string;
  /** What else goes with each request, as it is made. */
  readonly headers?: () => Record<string, string>;
  /** Pauses between attempts. */
  readonly retryPausesMs?: readonly number[];
}

/** After it an attempt counts as failed. */
export const KV_TIMEOUT_MS = 15_000;
/** KV accepts one write per second and key, so the pauses together last longer than a second. */
const RETRY_PAUSES_MS = [150, 500, 1500];

export function edgeKv({
  edgeUrl,
  secretKey,
  headers: own = () => ({}),
  retryPausesMs = RETRY_PAUSES_MS,
}: EdgeAccess): Kv {
  const call = async (
    method: string,
    namespace: KvNamespace,
    key: string,
    {
      headers,
      pausesMs = retryPausesMs,
      withinMs = Infinity,
      ...init
    }: {
      headers?: Record<string, string>;
      body?: Uint8Array<ArrayBuffer> | string;
      pausesMs?: readonly number[];
      withinMs?: number;
    } = {},
  ) => {
    const path = key.split('/').map(encodeURIComponent).join('/');
    const url = `${edgeUrl}/v1/kv/${namespace}/${path}`;
    let problem = '';
    const beforeMs = Date.now() + withinMs;
    const before = { ...(withinMs < Infinity && { 'x-trimtab-before': String(beforeMs) }) };
    for (const pauseMs of [0, ...pausesMs]) {
      if (pauseMs > 0) await sleep(pauseMs * (0.75 + Math.random() / 2));
      const leftMs = beforeMs - Date.now();
      if (leftMs <= 0) break;
      try {
        const response = await fetch(url, {
          ...init,
          method,
          headers: { authorization: `Bearer ${secretKey}`, ...own(), ...before, ...headers },
          signal: AbortSignal.timeout(Math.min(KV_TIMEOUT_MS, leftMs)),
        });
        const bytes = new Uint8Array(await response.arrayBuffer());
        if (response.ok || response.status === 404) return { isThere: response.ok, bytes };
        problem = `status ${response.status}: ${new TextDecoder().decode(bytes.subarray(0, 200))}`;
        if (response.status < 500 && response.status !== 429) {
          throw new ApiError(
            502,
            'edge_refused',
            `${method} ${url} was refused (${problem}): check that both sides have the same keys`,
          );
        }
      } catch (error) {
        if (error instanceof ApiError) throw error;
        problem = reasonOf(error);
        // It may still arrive: a second one would not tell whether the first one has.
        if (withinMs < Infinity) break;
      }
    }
    throw new ApiError(
      503,
      'edge_unreachable',
      `${method} ${url} failed (${problem}): check that the edge runs and TRIMTAB_EDGE_URL names it`,
    );
  };
  const withoutRoutes = () =>
    new ApiError(
      502,
      'edge_refused',
      `the edge at ${edgeUrl} has no KV routes: deploy a newer Worker`,
    );
  return {
    async get(namespace, key) {
      const { isThere, bytes } = await call('GET', namespace, key);
      return isThere ? bytes : undefined;
    },
    async put(namespace, key, value, metadata, withinMs) {
      const headers = metadata && { 'x-trimtab-metadata': asciiJson(metadata) };
      const { isThere } = await call('PUT', namespace, key, {
        body: value,
        ...(withinMs !== undefined && { withinMs }),
        ...(headers && { headers }),
      });
      if (!isThere) throw withoutRoutes();
    },
    async delete(namespace, key) {
      const { isThere } = await call('DELETE', namespace, key, { pausesMs: [] });
      if (!isThere) throw withoutRoutes();
    },
  };
}
