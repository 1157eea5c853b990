import { roleOf } from './oidc.ts';
import type { Person } from './role.ts';
import type { DashboardSettings } from './settings.ts';

/** Of a session that a link opened; any other was opened at the identity provider of this address. */
export const LINK_ORIGIN = 'link';

/**
 * What somebody who signed in may do now. Who has a link was let in by a key, and stays what the link said. Who signed in at an
 * identity provider is what the lists of the configuration say today, whatever they said then.
 * @returns undefined where they may not look any more, or it is not known where they came from.
 */
export function roleNow(
  { role, name, origin }: Person & { readonly origin: string | null },
  { oidc }: Pick<DashboardSettings, 'oidc'>,
): Person['role'] | undefined {
  if (origin === LINK_ORIGIN) return role;
  return oidc !== undefined && origin === oidc.issuer ? roleOf(name, oidc) : undefined;
}
