import { and, eq, gt, lte, or } from 'drizzle-orm';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open.ts';
import { loginLinks, loginSessions } from '../store/tables.ts';
import { redeemLink } from './links.ts';
import { roleNow } from './origin.ts';
import type { Person } from './role.ts';
import type { DashboardSettings } from './settings.ts';
import { hashOf, isSealed, newToken, sealOf } from './token.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** How exactly is stored when a session was last used. */
const SEEN_EVERY_MS = MINUTE_MS;

export interface SessionsDeps {
  readonly store: Store;
  readonly settings: Pick<DashboardSettings, 'idleMinutes' | 'sessionHours' | 'oidc'>;
  /** The first signs; by any of them a cookie may have been signed. */
  readonly secrets: readonly string[];
  readonly nowMs: () => number;
}

/** A browser that is signed in. */
export interface Session extends Person {
  /** What it must send with all that changes something. */
  readonly csrf: string;
}

/**
 * Sessions of browsers. The cookie is `<token>.<seal>`: the seal lets a made-up token be refused without the database, and ends all
 * sessions when the secret key by which it was sealed is dropped.
 */
export function sessionsOf({ store, settings, secrets, nowMs }: SessionsDeps) {
  const { db } = store;
  const idleMs = settings.idleMinutes * MINUTE_MS;
  const lastsMs = settings.sessionHours * HOUR_MS;
  const cookieOf = (token: string) => `${token}.${sealOf(secrets[0], 'session', token)}`;
  const tokenIn = (cookie: string): string | undefined => {
    const [token, seal = ''] = cookie.split('.', 2);
    return isSealed(secrets, 'session', token, seal) ? token : undefined;
  };
  const csrfOf = (token: string) => sealOf(secrets[0], 'csrf', token);
  return {
    /** How long a browser should keep the cookie, in seconds. */
    maxAge: Math.floor(lastsMs / 1000),
    /** @returns the cookie, or undefined where the link opens nothing. */
    async openByLink(link: string): Promise<string | undefined> {
      const token = newToken();
      const now = nowMs();
      const session = { hash: hashOf(token), nowMs: now, expiresAt: now + lastsMs };
      return (await redeemLink(store, link, secrets, session)) === undefined
        ? undefined
        : cookieOf(token);
    },
    /** @param issuer address of the identity provider that said who they are. @returns the cookie. */
    async open({ role, name }: Person, issuer: string): Promise<string> {
      const token = newToken();
      const now = nowMs();
      await store.write([
        db.insert(loginSessions).values({
          hash: hashOf(token),
          role,
          name,
          origin: issuer,
          createdAt: now,
          seenAt: now,
          expiresAt: now + lastsMs,
        }),
        recordAudit(store, {
          at: now,
          actor: name,
          action: 'sign in',
          subject: name,
          details: { role, by: 'identity provider' },
        }),
      ]);
      return cookieOf(token);
    },
    /**
     * @param isUse false: looking does not prolong the session, as the browser did not ask for anything.
     * @returns undefined where it is none, or is over.
     */
    async read(cookie: string, isUse = true): Promise<Session | undefined> {
      const token = tokenIn(cookie);
      if (token === undefined) return undefined;
      const now = nowMs();
      const own = eq(loginSessions.hash, hashOf(token));
      const [row] = await db
        .select()
        .from(loginSessions)
        .where(and(own, gt(loginSessions.expiresAt, now), gt(loginSessions.seenAt, now - idleMs)));
      if (row === undefined) return undefined;
      const role = roleNow(row, settings);
      if (role === undefined) {
        await store.write([db.delete(loginSessions).where(own)]);
        return undefined;
      }
      if (isUse && now - row.seenAt >= Math.min(SEEN_EVERY_MS, idleMs / 2))
        await store.write([db.update(loginSessions).set({ seenAt: now }).where(own)]);
      return { role, name: row.name, csrf: csrfOf(token) };
    },
    async end(cookie: string): Promise<void> {
      const token = tokenIn(cookie);
      if (token === undefined) return;
      const now = nowMs();
      const isOver = or(
        lte(loginSessions.expiresAt, now),
        lte(loginSessions.seenAt, now - idleMs),
        eq(loginSessions.hash, hashOf(token)),
      );
      await store.write([db.delete(loginSessions).where(isOver)]);
    },
    /** Links that nobody opened yet go as well: one of them may be what the others got in by. @returns how many sessions there were. */
    async endAll(by: string): Promise<number> {
      const [ended] = await store.write([
        db.delete(loginSessions),
        db.delete(loginLinks),
        recordAudit(store, { at: nowMs(), actor: by, action: 'end all sessions', subject: 'all' }),
      ]);
      return ended;
    },
  };
}
