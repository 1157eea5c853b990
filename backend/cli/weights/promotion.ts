import { moment } from '../../../shared/text/text.ts';
import type { Version } from '../../../shared/domain/ids.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import type { Answer } from '../../http/answers.ts';
import { version } from '../command/arguments.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const promoteVerb = () =>
  backendVerb('promote', 'make a version the champion at once, without the rest of its rollout')
    .argument('<version>', 'like v000041', version)
    .action(async (to: Version, options: VerbOptions) => {
      const { weights } = backendClient(options);
      const param = { version: to };
      show(await json(weights[':version'].promote.$post({ param })), options);
    });

export const rollbackVerb = () =>
  backendVerb('rollback', 'give everybody a version at once, and hold it until released')
    .argument('<version>', 'like v000041; v000000 is the rules', version)
    .action(async (to: Version, options: VerbOptions) => {
      const { weights } = backendClient(options);
      const param = { version: to };
      show(await json(weights[':version'].rollback.$post({ param })), options);
    });

export const releaseVerb = () =>
  backendVerb('release', 'lift the hold of a rollback; the champion stays').action(
    async (options: VerbOptions) => {
      show(await json(backendClient(options).weights.release.$post()), options);
    },
  );

const show = ({ weights }: Answer<'/v1/weights/release', '$post'>, options: VerbOptions): void =>
  print(
    weights,
    () => {
      if (weights === null) return 'no weights are live yet.';
      const { name, since, hold } = weights;
      const live = `live: ${weights.version} (${name ?? 'not stored here'}) since ${moment(since)}`;
      return hold ? `${live}, held: nothing else goes live until "trimtab release"` : live;
    },
    options,
  );
