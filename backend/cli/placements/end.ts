import type { Placement } from '../../../shared/domain/placement.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const placementsEndVerb = () =>
  backendVerb('end', 'ends the lineage of a placement: the default one ranks it from then on')
    .argument(
      '<placement>',
      'take it out of the configuration first, else the next start begins it anew',
    )
    .action(async (name: string, options: VerbOptions) => {
      const param = { placement: name as Placement };
      const { placements } = await json(
        backendClient(options).placements[':placement'].$delete({ param }),
      );
      print(placements, () => `${name} is of the default lineage.`, options);
    });
