import { parseMoment } from '../../../shared/domain/moment.ts';
import type { Version } from '../../../shared/domain/ids.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { evaluationText } from '../../runs/evaluate/evaluation-text.ts';
import { version } from '../command/arguments.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

interface Options extends VerbOptions {
  readonly against?: Version;
  readonly from?: string;
}

export const evaluateVerb = () =>
  backendVerb(
    'evaluate',
    'evaluate a version on later rankings; exit code 1 unless it would be promoted',
  )
    .argument('<version>', 'like v000041', version)
    .option('--against <version>', 'default: the champion', version)
    .option(
      '--from <time>',
      'first ranking to use, like 2026-11-01 (default: the end of the training data of both)',
    )
    .action(evaluate);

async function evaluate(challenger: Version, options: Options): Promise<void> {
  const from = options.from === undefined ? undefined : parseMoment(options.from, '--from');
  const found = await json(
    backendClient(options).weights[':version'].evaluate.$post({
      param: { version: challenger },
      json: { against: options.against, from },
    }),
  );
  print(found, () => evaluationText(found), options);
  if (found.gate.verdict !== 'promote') process.exitCode = 1;
}
