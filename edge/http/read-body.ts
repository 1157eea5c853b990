import { ApiError } from '../../shared/domain/errors.ts';

/** What is parsed, and how long its text was. */
export interface SizedJson {
  readonly body: unknown;
  readonly characters: number;
}

/** @throws ApiError 413 when the body is larger than `maxBytes`, 400 when it is not JSON in UTF-8. */
export const readJson = async (request: Request, maxBytes: number): Promise<unknown> =>
  (await readSizedJson(request, maxBytes)).body;

/** @throws as `readJson`. */
export async function readSizedJson(request: Request, maxBytes: number): Promise<SizedJson> {
  const text = textOf(await readBytes(request, maxBytes));
  try {
    return { body: JSON.parse(text), characters: text.length };
  } catch (error) {
    throw new ApiError(
      400,
      'invalid_json',
      `the body must be JSON: ${error instanceof Error ? error.message.slice(0, 160) : 'unreadable'}`,
    );
  }
}

/** Shared, because creating a decoder costs more than decoding most bodies. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * Not `request.text()`: it puts U+FFFD in the place of each byte that is not UTF-8, so that different ids would become the same one.
 */
function textOf(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new ApiError(
      400,
      'invalid_json',
      'the body must be JSON in UTF-8, but its bytes are not UTF-8: convert it first',
    );
  }
}

/**
 * A client that is still sending would see a broken connection instead of the response, so up to this much of a body
 * that is too large is read and dropped.
 */
const MAX_DROPPED_BYTES = 64 * 1024 * 1024;

/** @throws ApiError 413 when the body is larger than `maxBytes`; no more than that is ever kept in memory. */
export async function readBytes(
  request: Request,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (isKnownToFit(request, maxBytes)) return new Uint8Array(await request.arrayBuffer());
  let chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes <= maxBytes) chunks.push(chunk);
    else chunks = [];
    if (sizeBytes > maxBytes + MAX_DROPPED_BYTES) break;
  }
  if (sizeBytes > maxBytes) {
    throw new ApiError(
      413,
      'too_large',
      `the body may have at most ${maxBytes} bytes: send it in parts`,
    );
  }
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function isKnownToFit(request: Request, maxBytes: number): boolean {
  const declared = request.headers.get('content-length');
  return declared !== null && Number(declared) <= maxBytes;
}
