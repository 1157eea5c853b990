import { and, eq, gt, lte } from 'drizzle-orm';
import { recordAudit } from '../store/audit.ts';
import type { Statement, Store } from '../store/open.ts';
import { loginLinks } from '../store/tables.ts';
import type { Person } from './role.ts';
import { LINK_ORIGIN } from './origin.ts';
import { hashOf, isSealed, newToken, sealOf } from './token.ts';

export interface NewLink {
  readonly token: string;
  /** Epoch ms. */
  readonly expiresAt: number;
}

const PURPOSE = 'link';

/**
 * @param secret of the key that is in force, by which the token is sealed: it opens nothing once that key is dropped.
 * @param by who asked for it, for the audit log.
 * @returns the token, `<random>.<seal>`, which is told this once.
 */
export async function createLink(
  store: Store,
  { role, name }: Person,
  {
    secret,
    by,
    nowMs,
    lastsMs,
  }: {
    readonly secret: string;
    readonly by: string;
    readonly nowMs: number;
    readonly lastsMs: number;
  },
): Promise<NewLink> {
  const random = newToken();
  const token = `${random}.${sealOf(secret, PURPOSE, random)}`;
  const expiresAt = nowMs + lastsMs;
  await store.write([
    store.db.delete(loginLinks).where(lte(loginLinks.expiresAt, nowMs)),
    store.db
      .insert(loginLinks)
      .values({ hash: hashOf(token), role, name, createdAt: nowMs, expiresAt }),
    recordAudit(store, {
      at: nowMs,
      actor: by,
      action: 'make login link',
      subject: name,
      details: { role },
    }),
  ]);
  return { token, expiresAt };
}

/**
 * Uses a link up, and opens a session with it, in one transaction: of two that bring the same token at once, one gets in.
 * A token of the version before has no seal, and is stored by the hash of what it is: it opens for as long as it was to.
 * @param secrets by any of them a token may have been sealed.
 * @param session hash of the session's token.
 * @returns undefined where there is no such link, it is over, or it was used.
 */
export async function redeemLink(
  store: Store,
  token: string,
  secrets: readonly string[],
  session: { readonly hash: string; readonly nowMs: number; readonly expiresAt: number },
): Promise<Person | undefined> {
  const { nowMs } = session;
  const dot = token.indexOf('.');
  if (dot >= 0 && !isSealed(secrets, PURPOSE, token.slice(0, dot), token.slice(dot + 1)))
    return undefined;
  const hash = hashOf(token);
  const isOpen = and(eq(loginLinks.hash, hash), gt(loginLinks.expiresAt, nowMs));
  const [link] = await store.db.select().from(loginLinks).where(isOpen);
  if (link === undefined) return undefined;
  const [opened] = await store.write([
    openedBy(hash, session),
    auditedBy(hash, nowMs),
    store.db.delete(loginLinks).where(eq(loginLinks.hash, hash)),
  ]);
  return opened === 1 ? { role: link.role, name: link.name } : undefined;
}

const written = (sql: string, params: unknown[]): Statement => ({
  toSQL: () => ({ sql, params }),
});

/** Nothing is inserted where the link is gone meanwhile. */
const openedBy = (
  link: string,
  { hash, nowMs, expiresAt }: { hash: string; nowMs: number; expiresAt: number },
) =>
  written(
    `insert into login_sessions (hash, role, name, origin, createdAt, seenAt, expiresAt)
      select ?, role, name, ?, ?, ?, ? from login_links where hash = ? and expiresAt > ?`,
    [hash, LINK_ORIGIN, nowMs, nowMs, expiresAt, link, nowMs],
  );

const auditedBy = (link: string, nowMs: number) =>
  written(
    `insert into audit (at, actor, action, subject, details)
      select ?, name, 'sign in', name, json_object('role', role, 'by', 'link')
      from login_links where hash = ? and expiresAt > ?`,
    [nowMs, link, nowMs],
  );
