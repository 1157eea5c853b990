import { MAX_LIST_BYTES, parseKeyList, type KeyList } from '../../shared/domain/access-key.ts';
import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { KEYS_KEY, readKeys } from '../artifacts/read-keys.ts';
import { authorize } from '../http/authorize.ts';
import { jsonResponse } from '../http/json-response.ts';
import { readBytes } from '../http/read-body.ts';
import type { Isolate } from '../isolate.ts';
import { CELLS } from '../platform/cell.ts';
import type { KeyKeeperObject } from '../platform/durable-objects.ts';
import { withSourceTimeout } from '../platform/timeout.ts';

const RETRY_AFTER_S = 1;

/**
 * `PUT /v1/live/keys` `{revision, keys: [{hash, scopes, origins?, expiresAt?}]}` puts this list of keys in force in every cell, and
 * stores it in KV. The answer names the cells that could not be told; they read it from KV within two minutes.
 * @throws ApiError 409 `newer_keys` with the list, where a later one is in force.
 *
 * `GET /v1/live/keys` answers `{used: {<hash>: <epoch ms>}}`: when a key was last used, in whichever cell, within a minute.
 */
export async function handleKeys(
  request: Request,
  isolate: Isolate,
  ctx: ExecutionContext,
): Promise<Response> {
  await authorize(request, isolate, 'admin', ctx);
  const { env } = isolate;
  const keepers = env.KEY_KEEPER;
  if (keepers === undefined)
    throw new ApiError(
      503,
      'not_configured',
      'the Worker has no binding KEY_KEEPER: deploy it with the newest wrangler.toml',
    );
  const askAll = <T>(ask: (keeper: KeyKeeperObject) => Promise<T>) =>
    Promise.all(
      CELLS.map(async (cell) => {
        const keeper = keepers.get(keepers.idFromName(cell)) as unknown as KeyKeeperObject;
        try {
          return { cell, answer: await withSourceTimeout(ask(keeper)) };
        } catch (error) {
          console.error(`the keys of cell ${cell} do not answer`, error);
          return { cell };
        }
      }),
    );
  if (request.method === 'GET') {
    const used: Record<string, number> = {};
    for (const { answer } of await askAll(async (keeper) => keeper.lastUsed()))
      for (const [hash, atMs] of answer ?? []) used[hash] = Math.max(used[hash] ?? 0, atMs);
    return jsonResponse({ used });
  }
  if (request.method !== 'PUT') throw new ApiError(405, 'method_not_allowed', 'use GET or PUT');
  const text = new TextDecoder().decode(await readBytes(request, MAX_LIST_BYTES));
  const list = parseKeyList(text);
  if (list === undefined)
    throw invalid('the body must be {revision, keys: [{hash, scopes, origins?, expiresAt?}]}');
  const told = await askAll(async (keeper) => ({ newer: await keeper.put(list) }));
  const newer = told.find(({ answer }) => answer?.newer)?.answer?.newer;
  if (newer) throw isNewer(newer);
  try {
    const stored = await readKeys(env.WEIGHTS);
    if (stored.revision > list.revision) throw isNewer(stored);
    await env.WEIGHTS.put(KEYS_KEY, JSON.stringify(list));
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(
      503,
      'kv_unavailable',
      `KV refused, try again: ${String(error)}`,
      undefined,
      RETRY_AFTER_S,
    );
  }
  const failed = told.filter(({ answer }) => answer === undefined).map(({ cell }) => cell);
  return jsonResponse({ revision: list.revision, failed });
}

const isNewer = (list: KeyList) =>
  new ApiError(409, 'newer_keys', 'a later list of keys is in force', { list });
