import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { lineageText, lineageWaitsText } from './lineage-text.ts';

export const placementsListVerb = () =>
  backendVerb('list', 'placements with a lineage of their own, and what is live at each').action(
    async (options: VerbOptions) => {
      const { placements, placementsWaiting } = await json(backendClient(options).status.$get());
      const lines = [...placements.map(lineageText), ...placementsWaiting.map(lineageWaitsText)];
      print(
        placements,
        () =>
          lines.length === 0
            ? 'No placement has weights of its own: "placements" of trimtab.config.ts names those that are to have (docs/placements.md).'
            : lines.join('\n'),
        options,
      );
    },
  );
