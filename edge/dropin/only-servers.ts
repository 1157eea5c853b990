import { ApiError } from '../../shared/domain/errors.ts';
import { notFound } from '../http/json-response.ts';
import type { Isolate } from '../isolate.ts';
import type { DropIn, Role } from '../platform/settings.ts';

const KEY_HEADER = 'ocp-apim-subscription-key';

/** As a handler of the router. */
export type Handler = (
  request: Request,
  isolate: Isolate,
  ctx: ExecutionContext,
) => Promise<Response>;

/**
 * A route of another system: it is there where the configuration says so. The key may also come in the header in which Azure's
 * clients send theirs.
 */
export const dropIn =
  (system: DropIn, handle: Handler): Handler =>
  async (request, isolate, ctx) => {
    if (!isolate.settings.dropIns.has(system)) throw notFound(request);
    return handle(withBearer(request), isolate, ctx);
  };

function withBearer(request: Request): Request {
  const key = request.headers.get(KEY_HEADER);
  if (key === null || request.headers.has('authorization')) return request;
  const headers = new Headers(request.headers);
  headers.set('authorization', `Bearer ${key}`);
  return new Request(request, { headers });
}

/** Whoever names a ranking by its id alone can report on anybody's: pages have no such key. @throws ApiError 403. */
export function checkServer(role: Role): void {
  if (role !== 'secret')
    throw new ApiError(
      403,
      'forbidden',
      'this needs a secret key, or one by name with the scopes rank, events and read; the one sent is publishable',
    );
}
