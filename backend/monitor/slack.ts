import type { Outbound } from '../outbound/outbound.ts';
import type { Channel } from './channel.ts';
import { noticeText } from './notice-text.ts';
import type { Notice } from './notice.ts';
import { jsonBytes, postJson } from './post-json.ts';

/** What an incoming webhook of Slack is sent, or of what takes the same, such as Mattermost. */
export function slackMessage(notice: Notice, alertsPage: string | undefined) {
  const { title, message, facts } = noticeText(notice, alertsPage);
  const literal = (text: string, italic = false) => ({
    type: 'text',
    text,
    ...(italic && { style: { italic: true } }),
  });
  return {
    // For notifications and for receivers that know no blocks.
    text: escaped(`${title}: ${message}`),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: title, emoji: false } },
      {
        // Text of this block is shown as it is: it can neither mention anybody nor be a link.
        type: 'rich_text',
        elements: [
          { type: 'rich_text_section', elements: [literal(message)] },
          {
            type: 'rich_text_section',
            elements: [
              literal(facts.map(([name, value]) => `${name}: ${value}`).join(' · '), true),
              ...(alertsPage === undefined
                ? []
                : [literal(' · '), { type: 'link', url: alertsPage, text: 'All alerts' }]),
            ],
          },
        ],
      },
    ],
  };
}

export const slack =
  (url: string, alertsPage: string | undefined, outbound: Outbound): Channel['send'] =>
  (notice) =>
    postJson(outbound, url, jsonBytes(slackMessage(notice, alertsPage)));

/** The three characters by which Slack's text marks mentions and links. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
