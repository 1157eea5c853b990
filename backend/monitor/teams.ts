import type { Outbound } from '../outbound/outbound.ts';
import type { Channel } from './channel.ts';
import { noticeText } from './notice-text.ts';
import type { Notice } from './notice.ts';
import { jsonBytes, postJson } from './post-json.ts';

/**
 * What a workflow of Microsoft Teams that starts with "when a webhook request is received" is sent: an adaptive card. What users
 * wrote is in text runs, which know no Markdown, other than text blocks and facts.
 */
export function teamsMessage(notice: Notice, alertsPage: string | undefined) {
  const { title, message, facts } = noticeText(notice, alertsPage);
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          fallbackText: literal(title),
          msteams: { width: 'Full' },
          body: [
            paragraph({
              text: title,
              size: 'Medium',
              weight: 'Bolder',
              color: colorOf(notice),
            }),
            paragraph({ text: message }),
            ...facts.map(([name, value]) =>
              paragraph({ text: `${name}: ${value}`, isSubtle: true, size: 'Small' }),
            ),
          ],
          ...(alertsPage !== undefined && {
            actions: [{ type: 'Action.OpenUrl', title: 'All alerts', url: alertsPage }],
          }),
        },
      },
    ],
  };
}

export const teams =
  (url: string, alertsPage: string | undefined, outbound: Outbound): Channel['send'] =>
  (notice) =>
    postJson(outbound, url, jsonBytes(teamsMessage(notice, alertsPage)));

const paragraph = ({
  text,
  ...look
}: {
  readonly text: string;
  readonly [look: string]: unknown;
}) => ({
  type: 'RichTextBlock',
  inlines: [{ type: 'TextRun', text: literal(text), ...look }],
});

/** Cards replace `{{DATE(…)}}` and `${…}` in texts: a joiner of width 0 between the signs leaves them as they are. */
const literal = (text: string): string =>
  text.replaceAll('{{', '{\u2060{').replaceAll('${', '$\u2060{');

function colorOf({ type, alert: { severity } }: Notice): string {
  if (type !== 'opened') return 'Good';
  return severity === 'critical' ? 'Attention' : 'Warning';
}
