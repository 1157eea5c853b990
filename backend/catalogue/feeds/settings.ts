import { z } from 'zod';
import { atLeastOne, group, positive, schedule, share } from '../../settings/fields.ts';
import { read } from '../read-settings.ts';

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** The address may be left to the environment, where it holds a token. */
const feed = z
  .strictObject({
    url: z
      .string()
      .refine(isAddress, 'must be an http or https address without user and password')
      .meta({
        description:
          'an http or https address without user and password (TRIMTAB_FEED_URLS may hold them)',
      })
      .optional(),
    schedule,
    read: read.unwrap().optional(),
    redirectHosts: z.array(z.string().min(1)).readonly().default([]),
    maxWithdrawnShare: share.optional(),
  })
  .readonly();

export const feeds = z
  .record(z.string().regex(NAME, 'must be lower-case letters, digits, "-" and "_"'), feed)
  .readonly()
  .optional();

export const feedLimits = group({
  /** Share of a feed's items that one reading may take out; a feed that lacks more is refused. */
  maxWithdrawnShare: share.default(0.5),
  /** Share of a feed's rows that may be refused; their items stay as they are. With more, the feed is refused. */
  maxRefusedShare: share.default(0.01),
  /** A larger feed is refused; of what is packed, both sizes count. */
  maxMegabytes: positive.max(4096).default(256),
  /** How long a feed may take to come. */
  timeoutSeconds: atLeastOne.max(3600).default(300),
});

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}
