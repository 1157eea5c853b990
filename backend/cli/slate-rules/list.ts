import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const listSlateRulesVerb = () =>
  backendVerb('list', 'what operators ask of slates for now').action(
    async (options: VerbOptions) => {
      const { rules } = await json(backendClient(options)['slate-rules'].$get());
      print(
        rules,
        () =>
          rules.length === 0
            ? 'No operator asks anything of slates.'
            : rules
                .map(
                  ({ id, placement, by, since, until, note, rules: own }) =>
                    `${id}  ${placement}  by ${by} since ${new Date(since).toISOString()}${until === null ? '' : ` until ${new Date(until).toISOString()}`}${note === null ? '' : `: ${note}`}\n  ${JSON.stringify(own)}`,
                )
                .join('\n'),
        options,
      );
    },
  );
