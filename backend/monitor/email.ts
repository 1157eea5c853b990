import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';
import type { Outbound } from '../outbound/outbound.ts';
import type { Channel } from './channel.ts';
import { noticeText, plainLine } from './notice-text.ts';
import type { Notice } from './notice.ts';

/** A server that takes e-mail. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; else by STARTTLS, where the server offers it. */
  readonly isTls: boolean;
  /** Nothing is sent without TLS. */
  readonly needsTls: boolean;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

export interface Addresses {
  readonly from: string;
  readonly to: readonly string[];
}

const STEP_TIMEOUT_MS = 8000;
/** Of a whole delivery, whatever the server does. */
const TIMEOUT_MS = 20_000;

/** Sends each notice as one e-mail of plain text, so that nothing in it can be markup, over a connection of its own. */
export const email =
  (
    { host, port, isTls, needsTls, user, password }: SmtpServer,
    { from, to }: Addresses,
    alertsPage: string | undefined,
    outbound: Outbound,
  ): Channel['send'] =>
  async (notice) => {
    // Resolved here and once: the connection goes to an address that was checked.
    const found = await outbound.addressesOf(host, true, AbortSignal.timeout(STEP_TIMEOUT_MS));
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`the mail server took over ${TIMEOUT_MS / 1000} s`)),
      TIMEOUT_MS,
    );
    const sendAt = async (address: string) => {
      const transport = createTransport({
        host: address,
        ...(isIP(host) === 0 && { tls: { servername: host } }),
        port,
        secure: isTls,
        requireTLS: needsTls,
        ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
        connectionTimeout: STEP_TIMEOUT_MS,
        greetingTimeout: STEP_TIMEOUT_MS,
        socketTimeout: STEP_TIMEOUT_MS,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      try {
        await Promise.race([
          transport.sendMail(mailOf(notice, { from, to }, alertsPage)),
          late.promise,
        ]);
      } finally {
        transport.close();
      }
    };
    try {
      for (const [i, { address }] of found.entries())
        try {
          return await sendAt(address);
        } catch (error) {
          // Where nothing was sent yet, as at an address of a network that this machine is not in, the next one is tried.
          if (i === found.length - 1 || !isOfConnecting(error)) throw error;
        }
    } finally {
      clearTimeout(timer);
    }
  };

/** As nodemailer marks what failed before the server was greeted. */
const isOfConnecting = (error: unknown): boolean =>
  error instanceof Error && 'command' in error && error.command === 'CONN';

function mailOf(notice: Notice, { from, to }: Addresses, alertsPage: string | undefined) {
  const { title, message, facts } = noticeText(notice, alertsPage);
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const idOf = (id: string) => `<${id}@${domain}>`;
  const opening = idOf(notice.id.replace(/-recovered$/, '-opened'));
  return {
    from,
    to: [...to],
    subject: plainLine(`[Trimtab] ${title}: ${message}`, 150),
    // The same each time a notice is sent, so that mail programs show it once.
    messageId: idOf(notice.id),
    ...(notice.type === 'recovered' && { inReplyTo: opening, references: opening }),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    text: [
      message,
      '',
      ...facts.map(([name, value]) => `${name}: ${value}`),
      ...(alertsPage === undefined ? [] : [`All alerts: ${alertsPage}`]),
      '',
    ].join('\n'),
  };
}
