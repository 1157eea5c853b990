import { setTimeout as sleep } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import { FIT_METHODS } from '../science/learn/fit-method.ts';
import { LEARNERS } from '../science/learn/learners/learner.ts';
import { count } from '../../shared/text/text.ts';
import { version } from './arguments.ts';
import { backendClient, type BackendClient } from '../client/backend-client.ts';
import { CliError } from '../client/failure.ts';
import { note, print } from '../client/print.ts';
import { runText, type Run } from './run-text.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

interface Options extends VerbOptions {
  readonly parent?: string;
  readonly schema?: string;
  readonly learner: string;
  readonly method?: string;
  readonly objective?: string;
  readonly name?: string;
  readonly publish: boolean;
  readonly direct?: boolean;
  readonly force?: boolean;
  readonly wait?: boolean;
}

const POLL_MS = 500;

export const trainCommand = (): Command =>
  backendVerb('train', 'learn new weights from what was logged')
    .option('--parent <version>', 'what to start from (default: the champion)', version)
    .option('--schema <name or hash>', 'whose rankings to learn from')
    .addOption(
      new Option('--learner <kind>', 'what to learn').choices(LEARNERS).default('additive'),
    )
    .addOption(
      new Option('--method <descent>', 'of the first pass (default: full-batch)').choices(
        FIT_METHODS,
      ),
    )
    .addOption(
      new Option('--objective <loss>', 'of boosted trees (default: lambdarank)').choices([
        'lambdarank',
        'softmax',
      ]),
    )
    .option('--name <name>', 'what to call the new version')
    .option('--no-publish', 'store the new version, and leave what is live')
    .option('--direct', 'promote at once what passes the gate, without shadow and canary')
    .option('--force', 'learn from too little data, publish whatever gate and data quality say')
    .option('--wait', 'stay until the run is over')
    .action(train);

async function train(options: Options): Promise<void> {
  const { parent, schema, learner, method, objective, name, publish, direct, force } = options;
  const client = backendClient(options);
  const { runId } = await client.call<{ runId: string }>('POST', '/v1/train', {
    parent,
    schema,
    learner,
    method,
    objective,
    name,
    publish,
    ...(direct && { rollout: 'direct' }),
    force,
  });
  if (options.wait !== true) {
    print(
      { runId },
      () => `${runId} is under way: "trimtab runs ${runId}" tells how it goes.`,
      options,
    );
    return;
  }
  const run = await untilOver(client, runId);
  print(run, () => runText(run), options);
  if (run.status === 'failed') throw new CliError(`the run failed: ${run.error}`);
}

/** How many iterations early stopping will take is not known: lines, and no bar. */
async function untilOver(client: BackendClient, runId: string): Promise<Run> {
  let told = '';
  for (;;) {
    const run = await client.call<Run>('GET', `/v1/runs/${runId}`);
    if (run.status === 'done' || run.status === 'failed') return run;
    const stage = stageOf(run);
    if (stage !== told) note(stage);
    told = stage;
    await sleep(POLL_MS);
  }
}

function stageOf({ status, progress }: Run): string {
  if (progress.phase === 'reading') return `reading: ${count(progress.slates ?? 0)} rankings`;
  const step = progress.curve?.at(-1);
  if (step === undefined) return status;
  return `fitting: iteration ${step.iteration}, loss ${(step.validationLoss ?? step.trainLoss).toFixed(4)}`;
}
