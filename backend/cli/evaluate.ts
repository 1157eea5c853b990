import type { Command } from 'commander';
import { evaluationText } from '../runs/evaluate/evaluation-text.ts';
import type { VersionEvaluation } from '../runs/evaluate/evaluate-version.ts';
import { version } from './arguments.ts';
import { backendClient } from '../client/backend-client.ts';
import { CliError } from '../client/failure.ts';
import { print } from '../client/print.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

interface Options extends VerbOptions {
  readonly against?: string;
  readonly from?: string;
}

export const evaluateCommand = (): Command =>
  backendVerb(
    'evaluate',
    'judge a version on later rankings; exit code 1 unless it would be promoted',
  )
    .argument('<version>', 'such as v000002', version)
    .option('--against <version>', 'default: the champion', version)
    .option(
      '--from <time>',
      'first ranking to judge by, such as 2026-11-01 (default: the end of what either learned from)',
    )
    .action(evaluate);

async function evaluate(challenger: string, options: Options): Promise<void> {
  const from = options.from === undefined ? undefined : Date.parse(options.from);
  if (Number.isNaN(from)) throw new CliError(`--from is no time: "${options.from}"`, 2);
  const found = await backendClient(options).call<VersionEvaluation>(
    'POST',
    `/v1/weights/${challenger}/evaluate`,
    { against: options.against, from },
  );
  print(found, () => evaluationText(found), options);
  if (found.gate.verdict !== 'promote') process.exitCode = 1;
}
