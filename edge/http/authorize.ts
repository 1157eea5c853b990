import { allows, type Scope } from '../../shared/domain/access-key.ts';
import { ApiError } from '../../shared/domain/errors.ts';
import type { Role, Settings } from '../platform/settings.ts';
import type { NamedKeys } from './named-keys.ts';

/** What is needed to tell who asks. */
export interface Guarded {
  readonly settings: Settings;
  readonly keys: NamedKeys;
}

const OF_ROLE: Readonly<Record<Role, readonly Scope[]>> = {
  publishable: ['rank', 'events'],
  secret: ['admin'],
};

/**
 * Checks the key in the `authorization` header, and where it was made for pages of some origins, the `origin` header.
 * @returns what the key is trusted with. A key of the configuration is known at once, and no promise is made for it.
 * @throws ApiError 401 when the key is absent or unknown, 403 when its scopes or its origins do not fit, 503 when keys cannot be looked up.
 */
export function authorize(
  request: Request,
  { settings, keys }: Guarded,
  needed: Scope,
  ctx: ExecutionContext,
): Role | Promise<Role> {
  const key = bearerOf(request);
  const role = key === undefined ? undefined : settings.roleOfKey.get(key);
  if (role !== undefined) {
    if (allows(OF_ROLE[role], needed)) return role;
    throw new ApiError(403, 'forbidden', 'this needs a secret key; the one sent is publishable');
  }
  if (key === undefined) throw unauthorized(request, needed);
  return authorizeNamed(key, { request, keys, ctx }, needed);
}

async function authorizeNamed(
  key: string,
  { request, keys, ctx }: { request: Request; keys: NamedKeys; ctx: ExecutionContext },
  needed: Scope,
): Promise<Role> {
  const found = await keys.find(key, request, ctx, Date.now());
  if (found === undefined) throw unauthorized(request, needed);
  const { scopes, origins } = found;
  if (!allows(scopes, needed))
    throw new ApiError(
      403,
      'scope',
      `the key is for ${scopes.join(', ') || 'nothing that this edge knows'}, and this needs ${needed}`,
    );
  const origin = request.headers.get('origin');
  // Servers send none, and can send any: the list keeps the key from being used by other sites' pages, and is no secret.
  if (origins !== undefined && origin !== null && !origins.includes(origin))
    throw new ApiError(
      403,
      'origin',
      `the key is for pages of ${origins.join(', ')}, and this one is of ${origin.slice(0, 200)}`,
    );
  return trustOf(scopes);
}

/** A site's own server has a key that may also read: it ranks for all of its visitors, and is told more. */
const trustOf = (scopes: readonly Scope[]): Role =>
  allows(scopes, 'read') ? 'secret' : 'publishable';

const unauthorized = (request: Request, needed: Scope) =>
  new ApiError(
    401,
    'unauthorized',
    `send a ${needed === 'admin' ? 'secret' : 'publishable'} key as "Authorization: Bearer …"${request.headers.get('authorization') === null ? '' : '; the one sent is not known'}`,
  );

/** The key that a request was sent with, whether it is known or not. */
export function bearerOf(request: Request): string | undefined {
  const header = request.headers.get('authorization');
  return header?.startsWith('Bearer ') ? header.slice(7) : undefined;
}

/** @returns what the key of a request to an open route is trusted with; undefined when it is absent or unknown. */
export async function roleOf(
  request: Request,
  { settings, keys }: Guarded,
  ctx: ExecutionContext,
): Promise<Role | undefined> {
  const key = bearerOf(request);
  if (key === undefined) return undefined;
  const role = settings.roleOfKey.get(key);
  if (role !== undefined) return role;
  try {
    const found = await keys.find(key, request, ctx, Date.now());
    return found && trustOf(found.scopes);
  } catch {
    return undefined;
  }
}
