import { settingsText } from '../../apprentice/setting-text.ts';
import { EVERYWHERE, isApprenticePlacement } from '../../../shared/domain/apprentice.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

interface Options extends VerbOptions {
  readonly placement?: string;
  readonly share?: string;
}

const ofPlacement = (name: string, about: string) =>
  backendVerb(name, about).option(
    '--placement <name>',
    'default: all that have no setting of their own',
  );

export const apprenticeOnVerb = () =>
  ofPlacement('on', 'the site keeps its own order, and Trimtab learns from it').action(
    (options: Options) => change(0, options),
  );

export const apprenticeOffVerb = () =>
  ofPlacement('off', 'Trimtab ranks, for all sessions or a share of them')
    .option(
      '--share <share>',
      'of the sessions, 0 to 1: the others go on with the site’s order',
      '1',
    )
    .action((options: Options) => change(shareOf(options.share), options));

export const apprenticeUnsetVerb = () =>
  ofPlacement('unset', 'removes a setting: the placement goes by what is set for all').action(
    (options: Options) => change(null, options),
  );

function shareOf(text: string | undefined): number {
  const share = Number(text);
  if (text !== undefined && text.trim() !== '' && share > 0 && share <= 1) return share;
  throw new CliError(`--share must be above 0 and at most 1, but was "${text}"`, 2);
}

async function change(share: number | null, options: Options): Promise<void> {
  const { placement = EVERYWHERE } = options;
  if (!isApprenticePlacement(placement))
    throw new CliError(
      `--placement must be 1 to 64 lower-case letters, digits, "-" and "_", but was "${placement}"`,
      2,
    );
  const { settings } = await json(
    backendClient(options).apprentice.$post({ json: { placement, share } }),
  );
  print(
    settings,
    () => `${settingsText(settings)}\nEvery edge follows within its refresh interval.`,
    options,
  );
}
