import type { Outbound } from '../outbound/outbound.ts';
import type { Store } from '../store/open.ts';
import { attemptsOf } from './attempts.ts';
import { createLink, type NewLink } from './links.ts';
import { providerOf } from './oidc.ts';
import type { Person } from './role.ts';
import { sessionsOf } from './sessions.ts';
import type { DashboardSettings } from './settings.ts';
import { isSealed, newToken, sealOf } from './token.ts';

export interface LoginDeps {
  readonly store: Store;
  readonly settings: DashboardSettings;
  /** Cookies are sealed by secrets that are derived from these: they cannot be used as keys. */
  readonly secretKeys: readonly string[];
  /** Undefined where the provider asks for none, or there is no provider. */
  readonly oidcClientSecret: string | undefined;
  readonly outbound: Outbound;
  readonly nowMs: () => number;
}

export type Login = ReturnType<typeof loginOf>;

/** All of signing in to the dashboard, but for its pages. */
export function loginOf({
  store,
  settings,
  secretKeys,
  oidcClientSecret,
  outbound,
  nowMs,
}: LoginDeps) {
  const secrets = secretKeys.map((key) => sealOf(key, 'dashboard', ''));
  const { oidc, url } = settings;
  return {
    settings,
    nowMs,
    provider:
      oidc && url ? providerOf({ oidc, url, clientSecret: oidcClientSecret, outbound }) : undefined,
    /** Of what a browser keeps while it signs in elsewhere. */
    seal: {
      of: (text: string) => sealOf(secrets[0], 'provider', text),
      isOwn: (text: string, seal: string) =>
        text !== '' && isSealed(secrets, 'provider', text, seal),
    },
    attempts: attemptsOf(settings.attemptsPerMinute),
    sessions: sessionsOf({ store, settings, secrets, nowMs }),
    createLink: (person: Person, by: string): Promise<NewLink> =>
      createLink(store, person, {
        secret: secrets[0],
        by,
        nowMs: nowMs(),
        lastsMs: settings.linkMinutes * 60_000,
      }),
    /** A browser's form is accepted only with what the same browser was given with the page: another site cannot sign it in. */
    form: {
      newCookie: newToken,
      tokenOf: (cookie: string) => sealOf(secrets[0], 'form', cookie),
      isOwn: (cookie: string, token: string) =>
        cookie !== '' && isSealed(secrets, 'form', cookie, token),
    },
  };
}
