import { secretsProblem } from '../../shared/domain/secrets.ts';
import type { SmtpServer } from '../monitor/email.ts';
import type { Webhook } from '../monitor/signed-webhook.ts';

/** Addresses of channels hold tokens and passwords: no error of this file shows one. */

export function webhookOf(url: string, secret: string): Webhook | undefined {
  if (url === '') return undefined;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new Error('TRIMTAB_ALERT_WEBHOOK must be an http or https URL');
  if (parsed.username !== '' || parsed.password !== '')
    throw new Error(
      'TRIMTAB_ALERT_WEBHOOK must hold no user or password: the receiver checks the signature',
    );
  if (secret === '')
    throw new Error('TRIMTAB_ALERT_SECRET is not set: the webhook’s notices are signed with it');
  const problem = secretsProblem('TRIMTAB_ALERT_SECRET', [secret]);
  if (problem !== undefined) throw new Error(problem);
  return { url, secret };
}

/** Whoever knows the address may post there, so it travels encrypted, but for within this machine. */
export function chatUrlOf(name: string, url: string): string | undefined {
  if (url === '') return undefined;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isSafe =
    parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && isLoopback(parsed.hostname));
  if (parsed === undefined || !isSafe) throw new Error(`${name} must be an https URL`);
  if (parsed.username !== '' || parsed.password !== '')
    throw new Error(`${name} must hold no user or password`);
  if (isLinkLocal(parsed.hostname))
    throw new Error(`${name} must not be a link-local address, where clouds keep credentials`);
  return url;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 };

/** @param url `smtp://user:password@host:port` with STARTTLS, `smtps://…` with TLS from the first byte. */
export function smtpOf(url: string): SmtpServer | undefined {
  if (url === '') return undefined;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const defaultPort = parsed && DEFAULT_PORTS[parsed.protocol];
  if (parsed === undefined || defaultPort === undefined || parsed.hostname === '')
    throw new Error('TRIMTAB_ALERT_SMTP must be smtps://user:password@host or smtp://…');
  if (!/^\/?$/.test(parsed.pathname) || parsed.search !== '' || parsed.hash !== '')
    throw new Error(
      'TRIMTAB_ALERT_SMTP must end with the host or its port: signs such as / ? # of a user or password are written as %2F %3F %23',
    );
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  const [user, password] = [parsed.username, parsed.password].map(decoded);
  const isTls = parsed.protocol === 'smtps:';
  return {
    host,
    port: parsed.port === '' ? defaultPort : Number(parsed.port),
    isTls,
    // A password never travels in the clear.
    needsTls: !isTls && user !== '' && !isLoopback(parsed.hostname),
    ...(user !== '' && { user, password }),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Error('TRIMTAB_ALERT_SMTP: a % in a user or password is written as %25');
  }
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);

const isLinkLocal = (host: string): boolean =>
  /^169\.254(\.\d+){2}$/.test(host) || /^\[(fe[89ab]|::ffff:a9fe)/i.test(host);
