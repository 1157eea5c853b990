import { backendClient, json, segment } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { historyText, shownText, unitsText, verificationText } from './text.ts';

const schemaVerb = (name: string, description: string) =>
  backendVerb(name, description).argument('[schema]', 'name of the schema', 'smarttrip');

export const getVerb = () =>
  schemaVerb('get', 'the weights in force, and the learned ones').action(
    async (schema: string, options: VerbOptions) => {
      const shown = await json(weightsOf(options).$get(of(schema)));
      print(shown, () => shownText(shown), options);
    },
  );

export const historyVerb = () =>
  schemaVerb('history', 'every learned version and every override').action(
    async (schema: string, options: VerbOptions) => {
      const { history } = await json(weightsOf(options).$get(of(schema)));
      print(history, () => historyText(history), options);
    },
  );

export const verifyVerb = () =>
  schemaVerb(
    'verify',
    'check the history against its hashes; exit code 1 if it was changed',
  ).action(async (schema: string, options: VerbOptions) => {
    const found = await json(weightsOf(options).verify.$get(of(schema)));
    print(found, () => verificationText(found), options);
    if (!found.intact)
      throw new CliError(`the history of ${schema} was tampered with: see trimtab audit`);
  });

export const unitsVerb = () =>
  schemaVerb('units', 'how many units there are to learn from').action(
    async (schema: string, options: VerbOptions) => {
      const found = await json(weightsOf(options).units.$get(of(schema)));
      print(found, () => unitsText(found), options);
    },
  );

export const learnNowVerb = () =>
  schemaVerb('learn-now', 'learn from the log now').action(
    async (schema: string, options: VerbOptions) => {
      const shown = await json(weightsOf(options).learn.$post(of(schema)));
      const { recorded } = shown;
      const news =
        recorded.length === 0
          ? 'Learned again: every method still abstains.'
          : `Learned again: ${recorded.join(', ')} in the history.`;
      print(shown, () => `${news}\n\n${shownText(shown)}`, options);
    },
  );

const weightsOf = (options: VerbOptions) => backendClient(options)['metric-weights'][':schema'];

const of = (schema: string) => ({ param: { schema: segment(schema) } });
