import type { Outbound } from '../outbound/outbound.ts';
import { kindsFrom } from './severity.ts';
import type { NoticeSettings } from './notice-settings.ts';
import type { Channel, ChannelName } from './channel.ts';
import { email, type SmtpServer } from './email.ts';
import { signedWebhook, type Webhook } from './signed-webhook.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';

/** Where each channel is; undefined: nowhere, so that it is told nothing. They hold tokens and passwords. */
export interface ChannelAddresses {
  readonly webhook: Webhook | undefined;
  /** URL of an incoming webhook. */
  readonly slack: string | undefined;
  /** URL of a workflow. */
  readonly teams: string | undefined;
  readonly smtp: SmtpServer | undefined;
}

/**
 * The channels that are set.
 * @param dashboardUrl where the dashboard is found from outside; without it notices link nowhere.
 * @throws Error where e-mails shall be sent, and it is not said from whom or to whom.
 */
export function channelsOf(
  addresses: ChannelAddresses,
  settings: NoticeSettings,
  dashboardUrl: string | undefined,
  outbound: Outbound,
): Channel[] {
  const page = dashboardUrl && new URL('/dashboard/alerts', dashboardUrl).href;
  const { from, to } = settings.email;
  const sends: Record<ChannelName, Channel['send'] | undefined> = {
    webhook: addresses.webhook && signedWebhook(addresses.webhook, outbound),
    slack: addresses.slack === undefined ? undefined : slack(addresses.slack, page, outbound),
    teams: addresses.teams === undefined ? undefined : teams(addresses.teams, page, outbound),
    email: undefined,
  };
  if (addresses.smtp !== undefined) {
    if (from === undefined || to.length === 0)
      throw new Error(
        'TRIMTAB_ALERT_SMTP is set, but notices.email does not say whom e-mails come from and go to',
      );
    sends.email = email(addresses.smtp, { from, to }, page, outbound);
  } else if (to.length > 0)
    throw new Error(
      'notices.email.to is set, but TRIMTAB_ALERT_SMTP, which says what sends e-mails, is not',
    );
  return (Object.keys(sends) as ChannelName[]).flatMap((name) => {
    const send = sends[name];
    if (send === undefined) return [];
    const { minSeverity, kinds, recoveries } = settings[name];
    const severe = kindsFrom(minSeverity);
    return [
      { name, send, recoveries, kinds: severe.filter((kind) => kinds?.includes(kind) ?? true) },
    ];
  });
}
