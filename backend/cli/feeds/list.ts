import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { feedText } from './feed-text.ts';

export const listFeedsVerb = () =>
  backendVerb('list', 'what became of each feed of the catalogue').action(
    async (options: VerbOptions) => {
      const { feeds } = await json(backendClient(options).feeds.$get());
      print(
        feeds,
        () =>
          feeds.length === 0
            ? 'The catalogue has no feeds: catalogue.feeds of the configuration names them.'
            : feeds
                .map(
                  (feed) =>
                    `${feed.name} (${feed.address}, ${feed.schedule || 'no schedule'}): ${feedText(feed)}`,
                )
                .join('\n'),
        options,
      );
    },
  );
