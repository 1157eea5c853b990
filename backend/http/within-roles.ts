import type { MiddlewareHandler } from 'hono';
import { ApiError } from '../../shared/domain/errors.ts';
import type { RoleName } from '../scheduler/roles.ts';

/** What every backend tells of itself, whatever it does. */
const OF_ITSELF: ReadonlySet<string> = new Set([
  '/health/live',
  '/health/ready',
  '/metrics',
  '/v1/status',
  '/v1/doctor',
]);
const TRAINS: ReadonlySet<string> = new Set(['POST /v1/train', 'POST /v1/compare']);

/** Answers what is of this backend's roles; for all else another backend has to be asked. */
export const withinRoles =
  (roles: readonly RoleName[]): MiddlewareHandler =>
  async (c, next) => {
    const { path, method } = c.req;
    const needed: RoleName | undefined = OF_ITSELF.has(path)
      ? undefined
      : path === '/v1/ingest'
        ? 'ingest'
        : TRAINS.has(`${method} ${path}`)
          ? 'train'
          : 'serve';
    if (needed === undefined || roles.includes(needed)) return next();
    throw new ApiError(
      503,
      'other_role',
      `this backend does not ${needed} (its roles: ${roles.join(', ')}): ask one that does`,
    );
  };
