import { moment } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import type { Answer } from '../../http/answers.ts';
import { findVersion, WHICH_VERSION } from '../command/find-version.ts';
import { backendVerb } from '../command/verb.ts';
import { lineageText } from '../placements/lineage-text.ts';
import { OF_PLACEMENT, placedQuery, type PlacedOptions } from '../placements/of-placement.ts';

export const promoteVerb = () =>
  backendVerb('promote', 'make a version the champion at once, without the rest of its rollout')
    .argument('<version>', WHICH_VERSION)
    .option(...OF_PLACEMENT)
    .action(async (to: string, options: PlacedOptions) => {
      const client = backendClient(options);
      const param = { version: await findVersion(client, to) };
      show(
        await json(
          client.weights[':version'].promote.$post({ param, query: placedQuery(options) }),
        ),
        options,
      );
    });

export const rollbackVerb = () =>
  backendVerb('rollback', 'give everybody a version at once, and hold it until released')
    .argument('<version>', `${WHICH_VERSION}; v000000 is the rules`)
    .option(...OF_PLACEMENT)
    .action(async (to: string, options: PlacedOptions) => {
      const client = backendClient(options);
      const param = { version: await findVersion(client, to) };
      show(
        await json(
          client.weights[':version'].rollback.$post({ param, query: placedQuery(options) }),
        ),
        options,
      );
    });

export const releaseVerb = () =>
  backendVerb('release', 'lift the hold of a rollback; the champion stays')
    .option(...OF_PLACEMENT)
    .action(async (options: PlacedOptions) => {
      const query = placedQuery(options);
      show(await json(backendClient(options).weights.release.$post({ query })), options);
    });

const show = (
  { weights, placements }: Answer<'/v1/weights/release', '$post'>,
  options: PlacedOptions,
): void => {
  const own = placements.find(({ placement }) => placement === options.placement);
  if (own !== undefined) return print(own, () => lineageText(own), options);
  return print(
    weights,
    () => {
      if (weights === null) return 'no weights are live yet.';
      const { name, since, hold } = weights;
      const live = `live: ${weights.version} (${name ?? 'not stored here'}) since ${moment(since)}`;
      return hold ? `${live}, held: nothing else goes live until "trimtab release"` : live;
    },
    options,
  );
};
