import { parseMoment } from '../../../shared/domain/moment.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { evaluationText } from '../../runs/evaluate/evaluation-text.ts';
import { findVersion, WHICH_VERSION } from '../command/find-version.ts';
import { backendVerb } from '../command/verb.ts';
import { placedQuery, type PlacedOptions } from '../placements/of-placement.ts';

interface Options extends PlacedOptions {
  readonly against?: string;
  readonly from?: string;
}

export const evaluateVerb = () =>
  backendVerb(
    'evaluate',
    'evaluate a version on later rankings; exit code 1 unless it would be promoted',
  )
    .argument('<version>', WHICH_VERSION)
    .option('--against <version>', 'default: the champion')
    .option(
      '--from <time>',
      'first ranking to use, like 2026-11-01 (default: the end of the training data of both)',
    )
    .option(
      '--placement <name>',
      'by the rankings and the champion of this lineage (default: of the one that it was trained for)',
    )
    .action(evaluate);

async function evaluate(challenger: string, options: Options): Promise<void> {
  const from = options.from === undefined ? undefined : parseMoment(options.from, '--from');
  const client = backendClient(options);
  const { against } = options;
  const found = await json(
    client.weights[':version'].evaluate.$post({
      param: { version: await findVersion(client, challenger) },
      json: {
        against: against === undefined ? undefined : await findVersion(client, against),
        from,
        ...placedQuery(options),
      },
    }),
  );
  print(found, () => evaluationText(found), options);
  if (found.gate.verdict !== 'promote') process.exitCode = 1;
}
