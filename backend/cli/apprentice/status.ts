import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { statusText } from '../../apprentice/status-text.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import type { Placement } from '../../../shared/domain/placement.ts';

interface Options extends VerbOptions {
  readonly days?: string;
  readonly placement?: string;
}

export const apprenticeStatusVerb = () =>
  backendVerb('status', 'how often Trimtab would have agreed, and what it would have gained')
    .option('--days <count>', 'of the days up to now', '28')
    .option('--placement <name>', 'default: all')
    .action(async (options: Options) => {
      const { days = '28', placement } = options;
      const query = { days, ...(placement !== undefined && { placement: placement as Placement }) };
      const found = await json(backendClient(options).apprentice.$get({ query }));
      print(found, () => statusText(found), options);
    });
