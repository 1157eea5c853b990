import { ApiError } from '../../shared/domain/errors.ts';
import type { Role, Settings } from '../env.ts';

/**
 * @returns the role of the request's key; a secret key may do all that a publishable one may.
 * @throws ApiError 401 without a known key, 403 when its role is not enough.
 */
export function authorize(request: Request, { roleOfKey }: Settings, needed: Role): Role {
  const header = request.headers.get('authorization');
  const role = header?.startsWith('Bearer ') ? roleOfKey.get(header.slice(7)) : undefined;
  if (role === undefined) {
    throw new ApiError(
      401,
      'unauthorized',
      `send a ${needed} key as "Authorization: Bearer …"${header === null ? '' : '; the one sent is not known'}`,
    );
  }
  if (needed === 'secret' && role !== 'secret') {
    throw new ApiError(403, 'forbidden', 'this needs a secret key; the one sent is publishable');
  }
  return role;
}
