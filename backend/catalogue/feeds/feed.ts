import { itemFileOfSettings } from '../read-settings.ts';
import type { ItemFile } from '../files/item-file.ts';
import { itemFileIn, type CatalogueSettings } from '../settings.ts';

/** An address that items are read from, with all that its reading depends on. */
export interface Feed {
  readonly name: string;
  /** It may hold a token: only `shownAddress` of it is shown. */
  readonly url: string;
  /** A cron pattern, UTC; empty: only on demand. */
  readonly schedule: string;
  readonly read: ItemFile;
  /** Other hosts that the server may send on to, with their ports where these are not the usual ones. */
  readonly redirectHosts: readonly string[];
  readonly maxWithdrawnShare: number;
  readonly maxRefusedShare: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

const MEGABYTE = 1_000_000;

/**
 * The feeds of the configuration file, at the addresses of the environment where it has some.
 * @throws Error naming the feed that has no address, or an address without a feed.
 */
export function feedsIn(
  settings: CatalogueSettings,
  urls: Readonly<Record<string, string>>,
): readonly Feed[] {
  const { feeds = {}, feedLimits: limits } = settings;
  const stray = Object.keys(urls).find((name) => !Object.hasOwn(feeds, name));
  if (stray !== undefined)
    throw new Error(
      `TRIMTAB_FEED_URLS names "${stray}", and catalogue.feeds has ${Object.keys(feeds).join(', ') || 'none'}: add it there, with its schedule`,
    );
  return Object.entries(feeds).map(([name, feed]) => {
    const url = Object.hasOwn(urls, name) ? urls[name] : feed.url;
    if (url === undefined)
      throw new Error(
        `catalogue.feeds.${name} has no address: give it a url, or name it in TRIMTAB_FEED_URLS`,
      );
    return {
      name,
      url,
      schedule: feed.schedule,
      read: feed.read === undefined ? itemFileIn(settings) : itemFileOfSettings(feed.read),
      redirectHosts: feed.redirectHosts,
      maxWithdrawnShare: feed.maxWithdrawnShare ?? limits.maxWithdrawnShare,
      maxRefusedShare: limits.maxRefusedShare,
      maxBytes: limits.maxMegabytes * MEGABYTE,
      timeoutMs: limits.timeoutSeconds * 1000,
    };
  });
}
