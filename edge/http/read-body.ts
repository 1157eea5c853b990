import { ApiError } from '../../shared/domain/errors.ts';

/** @throws ApiError 413 before more than `maxBytes` are held, 400 when the body is not JSON. */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  // Bytes that say their length need no counting, and become text without a detour.
  const text = isDeclared(request, maxBytes)
    ? await request.text()
    : new TextDecoder().decode(await readBytes(request, maxBytes));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError(
      400,
      'invalid_json',
      `the body must be JSON: ${error instanceof Error ? error.message.slice(0, 160) : 'unreadable'}`,
    );
  }
}

/** @throws ApiError 413 before more than `maxBytes` are held. */
export async function readBytes(
  request: Request,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (isDeclared(request, maxBytes)) return new Uint8Array(await request.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function isDeclared(request: Request, maxBytes: number): boolean {
  const declared = request.headers.get('content-length');
  if (declared === null) return false;
  if (Number(declared) > maxBytes) throw tooLarge(maxBytes);
  return true;
}

const tooLarge = (maxBytes: number) =>
  new ApiError(413, 'too_large', `the body may hold ${maxBytes} bytes: send it in parts`);
