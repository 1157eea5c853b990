import { backendClient, json, segment } from '../../client/backend-client.ts';
import { note, print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { takenText } from './feed-text.ts';

interface Options extends VerbOptions {
  readonly whole?: boolean;
  readonly anyShare?: boolean;
}

export const readFeedVerb = () =>
  backendVerb('read', 'read a feed now: all of it, or nothing')
    .argument('<feed>', 'its name in catalogue.feeds')
    .option('--whole', 'also where nothing has changed since, as after changes by hand')
    .option('--any-share', 'take out whatever share of its items it has no more')
    .action(readFeed);

async function readFeed(name: string, options: Options): Promise<void> {
  const { whole, anyShare } = options;
  const read = await json(
    backendClient(options).feeds[':name'].read.$post({
      param: { name: segment(name) },
      json: { whole, anyShare },
    }),
  );
  if (read.refusals !== '') note(read.refusals);
  print(
    read,
    () =>
      read.notModified
        ? `feed ${name}: nothing has changed since it was read last ("--whole" reads it all the same).`
        : `feed ${name}: ${takenText(read)}; the edge has it within a minute.`,
    options,
  );
}
