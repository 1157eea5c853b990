import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';

/** Of the connection and no header, which anybody can write. Tests ask without a connection: all of those are one address. */
export function addressOf(c: Context): string {
  try {
    return getConnInfo(c).remote.address ?? '';
  } catch {
    return '';
  }
}
