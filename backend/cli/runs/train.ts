import { Option } from 'commander';
import { backendClient, json } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { FIT_METHODS, type FitMethod } from '../../science/learn/fit-method.ts';
import { LEARNERS, type LearnerName } from '../../science/learn/learners/learner.ts';
import { findVersion, WHICH_VERSION } from '../command/find-version.ts';
import { backendVerb } from '../command/verb.ts';
import { OF_PLACEMENT, placedQuery, type PlacedOptions } from '../placements/of-placement.ts';
import { follow } from './follow.ts';
import { runText } from './run-text.ts';

interface Options extends PlacedOptions {
  readonly parent?: string;
  readonly schema?: string;
  readonly learner: LearnerName;
  readonly method?: FitMethod;
  readonly objective?: (typeof OBJECTIVES)[number];
  readonly name?: string;
  readonly publish: boolean;
  readonly direct?: boolean;
  readonly force?: boolean;
  readonly wait?: boolean;
}

const OBJECTIVES = ['lambdarank', 'softmax'] as const;

export const trainVerb = () =>
  backendVerb('train', 'train a new version on the log')
    .option('--parent <version>', `what to start from, ${WHICH_VERSION} (default: the champion)`)
    .option(...OF_PLACEMENT)
    .option('--schema <name or hash>', 'whose rankings to learn from')
    .addOption(
      new Option('--learner <kind>', 'what to train').choices(LEARNERS).default('additive'),
    )
    .addOption(
      new Option('--method <descent>', 'optimiser of the first pass (default: full-batch)').choices(
        FIT_METHODS,
      ),
    )
    .addOption(
      new Option('--objective <loss>', 'of boosted trees (default: lambdarank)').choices(
        OBJECTIVES,
      ),
    )
    .option('--name <name>', 'name of the new version')
    .option('--no-publish', 'store the new version, and leave what is live')
    .option('--direct', 'promote at once what passes the gate, without shadow and canary')
    .option('--force', 'train on too little data, and publish whatever the gate says')
    .option('--wait', 'wait for the end of the run')
    .action(train);

async function train(options: Options): Promise<void> {
  const { schema, learner, method, objective, name, publish, direct, force } = options;
  const client = backendClient(options);
  const parent =
    options.parent === undefined ? undefined : await findVersion(client, options.parent);
  const asked = {
    parent,
    schema,
    learner,
    method,
    objective,
    name,
    publish,
    force,
    ...placedQuery(options),
  };
  const { runId } = await json(
    client.train.$post({ json: { ...asked, ...(direct && { rollout: 'direct' as const }) } }),
  );
  if (options.wait !== true) {
    print(
      { runId },
      () => `${runId} is under way: "trimtab runs ${runId}" shows its progress.`,
      options,
    );
    return;
  }
  const run = await follow(client, runId);
  const isFailed = run.status === 'failed';
  const isKeptBack = !isFailed && publish && run.progress.isGoingLive === false;
  print(run, () => runText(run, isFailed ? 'error' : isKeptBack ? 'outcome' : undefined), options);
  if (isFailed) throw new CliError(`the run failed: ${run.error}`, 1, 'run_failed');
  if (isKeptBack)
    throw new CliError(
      `${run.version} is not going live: ${run.progress.outcome ?? 'it was not promoted'}`,
      1,
      'not_published',
    );
}
