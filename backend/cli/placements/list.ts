import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { lineageText } from './lineage-text.ts';

export const placementsListVerb = () =>
  backendVerb('list', 'placements with a lineage of their own, and what is live at each').action(
    async (options: VerbOptions) => {
      const { placements } = await json(backendClient(options).status.$get());
      print(
        placements,
        () =>
          placements.length === 0
            ? 'no placement has a lineage of its own: "placements" of trimtab.config.ts names them.'
            : placements.map(lineageText).join('\n'),
        options,
      );
    },
  );
