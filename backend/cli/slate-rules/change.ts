import { EVERYWHERE, isApprenticePlacement } from '../../../shared/domain/apprentice.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { readJsonFile } from '../command/read-json-file.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

interface Options extends VerbOptions {
  readonly placement?: string;
  readonly hours?: string;
  readonly note?: string;
}

export const addSlateRuleVerb = () =>
  backendVerb('add', 'asks something of all slates, within seconds')
    .argument('<file>', 'JSON: caps, quotas, pins and boosts, as in rank requests')
    .option('--placement <name>', 'default: everywhere')
    .option('--hours <count>', 'how long it holds; default: until it is removed')
    .option('--note <text>', 'why')
    .action(async (file: string, options: Options) => {
      const { placement = EVERYWHERE, note } = options;
      if (!isApprenticePlacement(placement))
        throw new CliError(
          `--placement must be 1 to 64 lower-case letters, digits, "-" and "_", but was "${placement}"`,
          2,
        );
      const hours = options.hours === undefined ? undefined : Number(options.hours);
      if (hours !== undefined && !(hours > 0))
        throw new CliError(`--hours must be a number above 0, but was "${options.hours}"`, 2);
      const rules = readJsonFile(file) as object;
      const added = await json(
        backendClient(options)['slate-rules'].$post({
          json: {
            placement,
            rules,
            ...(hours !== undefined && { hours }),
            ...(note !== undefined && { note }),
          },
        }),
      );
      print(
        added,
        () =>
          `${added.id} holds ${placement === EVERYWHERE ? 'everywhere' : `at ${placement}`}${added.until === null ? '' : ` until ${new Date(added.until).toISOString()}`}. Every edge follows within its refresh interval.`,
        options,
      );
    });

export const removeSlateRuleVerb = () =>
  backendVerb('remove', 'asks it no more')
    .argument('<id>', 'as in the list, such as rule-3')
    .action(async (id: string, options: VerbOptions) => {
      const found = await json(
        backendClient(options)['slate-rules'][':id'].$delete({ param: { id } }),
      );
      print(found, () => `${found.removed} holds no more.`, options);
    });
