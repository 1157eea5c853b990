import { Option } from 'commander';
import { table } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { CHANNELS, type ChannelName } from '../../monitor/channel.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const testAlertsVerb = () =>
  backendVerb('test', 'send a test to the channels that alerts are told by')
    .addOption(new Option('--channel <name>', 'only to this one').choices(CHANNELS))
    .action(test);

/** Exits with 1 where a channel did not take it. */
async function test(options: VerbOptions & { readonly channel?: ChannelName }): Promise<void> {
  const { channel } = options;
  const { tried } = await json(
    backendClient(options).alerts.test.$post({ json: channel === undefined ? {} : { channel } }),
  );
  print(
    tried,
    () =>
      table(
        ['channel', 'test'],
        tried.map((one) => [
          one.channel,
          one.problem === null ? 'taken' : `not taken: ${one.problem}`,
        ]),
      ),
    options,
  );
  if (tried.some(({ problem }) => problem !== null)) process.exitCode = 1;
}
