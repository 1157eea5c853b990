import { ApiError } from '../../shared/domain/errors.ts';
import type { Role, Settings } from '../platform/settings.ts';

/**
 * Checks the key in the `authorization` header. A secret key may do everything that a publishable key may.
 * @returns the role of the key.
 * @throws ApiError 401 when the key is absent or unknown, 403 when its role is not sufficient.
 */
export function authorize(request: Request, settings: Settings, needed: Role): Role {
  const role = roleOf(request, settings);
  if (role === undefined) {
    throw new ApiError(
      401,
      'unauthorized',
      `send a ${needed} key as "Authorization: Bearer …"${request.headers.get('authorization') === null ? '' : '; the one sent is not known'}`,
    );
  }
  if (needed === 'secret' && role !== 'secret') {
    throw new ApiError(403, 'forbidden', 'this needs a secret key; the one sent is publishable');
  }
  return role;
}

/** The key that a request was sent with, whether it is known or not. */
export function bearerOf(request: Request): string | undefined {
  const header = request.headers.get('authorization');
  return header?.startsWith('Bearer ') ? header.slice(7) : undefined;
}

/** @returns the role of the key in the `authorization` header; undefined when it is absent or unknown. */
export function roleOf(request: Request, { roleOfKey }: Settings): Role | undefined {
  const key = bearerOf(request);
  return key === undefined ? undefined : roleOfKey.get(key);
}
