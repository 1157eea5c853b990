import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { authorize, type Guarded } from '../http/authorize.ts';
import { jsonResponse } from '../http/json-response.ts';
import { readBytes } from '../http/read-body.ts';
import type { Configured } from '../platform/settings.ts';
import { asciiJson } from '../../shared/text/ascii-json.ts';

/** The largest value that KV stores. */
const MAX_VALUE_BYTES = 25 * 1024 * 1024;
const MAX_KEY_BYTES = 512;
/** KV takes one write per second and key. */
const RETRY_AFTER_S = 1;
const METADATA_HEADER = 'x-trimtab-metadata';
/** Epoch ms: a write that arrives then or later is refused. */
const BEFORE_HEADER = 'x-trimtab-before';
/** The shortest cache lifetime that KV allows, because the publisher reads back what it has just written. */
const CACHE_TTL_S = 30;

/**
 * `GET|PUT|DELETE /v1/kv/{WEIGHTS|CATALOGUE}/{key…}`: the publisher's access to KV. The body is the raw value; the
 * header `x-trimtab-metadata` holds its metadata as JSON, and `x-trimtab-before` says from when on the write comes too late: whoever sent it has
 * given it up by then, and somebody else may have written the key since.
 */
export async function handleKv(
  request: Request,
  isolate: Configured & Guarded,
  ctx: ExecutionContext,
): Promise<Response> {
  await authorize(request, isolate, 'admin', ctx);
  const { env } = isolate;
  const [namespace, key] = namespaceAndKey(new URL(request.url).pathname);
  const kv = env[namespace];
  switch (request.method) {
    case 'GET': {
      const { value, metadata } = await orUnavailable(
        kv.getWithMetadata(key, { type: 'stream', cacheTtl: CACHE_TTL_S }),
      );
      if (value === null)
        throw new ApiError(404, 'unknown_key', `${namespace} has no key ${JSON.stringify(key)}`);
      return new Response(value, {
        headers: {
          'content-type': 'application/octet-stream',
          [METADATA_HEADER]: asciiJson(metadata),
        },
      });
    }
    case 'PUT': {
      const metadata = metadataOf(request.headers.get(METADATA_HEADER));
      const value = await readBytes(request, MAX_VALUE_BYTES);
      checkInTime(request.headers.get(BEFORE_HEADER));
      await orUnavailable(kv.put(key, value, metadata === undefined ? {} : { metadata }));
      return jsonResponse({ key, sizeBytes: value.length });
    }
    case 'DELETE':
      await orUnavailable(kv.delete(key));
      return jsonResponse({ key });
    default:
      throw new ApiError(405, 'method_not_allowed', 'use GET, PUT or DELETE');
  }
}

/**
 * KV can refuse an operation, for example a second write of the same key within a second.
 * @throws ApiError 503 when it does.
 */
async function orUnavailable<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    throw new ApiError(
      503,
      'kv_unavailable',
      `KV refused, try again: ${String(error)}`,
      undefined,
      RETRY_AFTER_S,
    );
  }
}

function namespaceAndKey(path: string): ['WEIGHTS' | 'CATALOGUE', string] {
  const [, namespace, rest] = /^\/v1\/kv\/([^/]+)\/(.+)$/.exec(path) ?? [];
  if (namespace !== 'WEIGHTS' && namespace !== 'CATALOGUE') {
    throw new ApiError(404, 'unknown_namespace', 'the namespaces are WEIGHTS and CATALOGUE');
  }
  try {
    const key = decodeURIComponent(rest);
    if (key !== '.' && key !== '..' && new TextEncoder().encode(key).length <= MAX_KEY_BYTES)
      return [namespace, key];
  } catch {
    // The key is not valid percent-encoding; like any other unusable key it is refused below.
  }
  throw invalid(`a key must be up to ${MAX_KEY_BYTES} bytes of percent-encoded text`);
}

/** @throws ApiError 400 or 503. */
function checkInTime(header: string | null): void {
  if (header === null) return;
  if (!/^\d{1,16}$/.test(header))
    throw invalid(`${BEFORE_HEADER} must be epoch milliseconds, but was ${header.slice(0, 80)}`);
  if (Date.now() >= Number(header))
    throw new ApiError(
      503,
      'too_late',
      `the write arrived after its time was over (${header}), so it was not made: if this stays, the clock of the backend is behind`,
      undefined,
      RETRY_AFTER_S,
    );
}

function metadataOf(header: string | null): unknown {
  if (header === null) return undefined;
  try {
    return JSON.parse(header);
  } catch {
    throw invalid(`${METADATA_HEADER} must be JSON, but was ${header.slice(0, 80)}`);
  }
}
