import { Command } from 'commander';
import { moment, percent, table } from '../../shared/text/text.ts';
import { share } from './arguments.ts';
import { backendClient } from '../client/backend-client.ts';
import { createVerb } from './experiment-create.ts';
import { sizeVerb } from './experiment-size.ts';
import { experimentText, type ShownExperiment } from './experiment-text.ts';
import { findExperiment } from './find-experiment.ts';
import { print } from '../client/print.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

export function experimentsCommand(): Command {
  const command = new Command('experiments').description(
    'compare versions, explorations and rewards on live traffic',
  );
  command.addCommand(backendVerb('list', 'all experiments, newest first').action(list), {
    isDefault: true,
  });
  const verbs = [
    createVerb(),
    backendVerb('start', 'start a draft')
      .argument('<experiment>', WHICH)
      .option('--live-weights', 'read it by the metric weights of the day, not by those of now')
      .action(start),
    backendVerb('widen', 'let more of the traffic take part')
      .argument('<experiment>', WHICH)
      .argument('<traffic>', 'share of the layer, 0.5', share)
      .action(widen),
    backendVerb('stop', 'stop it and freeze its report')
      .argument('<experiment>', WHICH)
      .action(stop),
    backendVerb('show', 'what it says so far').argument('<experiment>', WHICH).action(show),
    sizeVerb(),
  ];
  return verbs.reduce((whole, verb) => whole.addCommand(verb), command);
}

const WHICH = 'its name, its id or the beginning of it';

async function list(options: VerbOptions): Promise<void> {
  const { experiments } = await backendClient(options).call<{ experiments: ShownExperiment[] }>(
    'GET',
    '/v1/experiments',
  );
  const head = ['id', 'name', 'status', 'layer', 'traffic', 'arms', 'started'];
  const rows = experiments.map((one) => [
    one.id.slice(0, SHORT_ID),
    one.name,
    one.status,
    one.layer,
    percent(one.traffic),
    one.arms.map(({ name, version }) => (version ? `${name} ${version}` : name)).join(', '),
    moment(one.startedAt),
  ]);
  print(
    experiments,
    () => (rows.length === 0 ? 'there is no experiment yet.' : table(head, rows)),
    options,
  );
}

/** As much of an id as tells it from all others; --json has it whole. */
const SHORT_ID = 'exp_'.length + 8;

const start = (which: string, options: VerbOptions & { liveWeights?: boolean }) =>
  act(options, which, 'start', { freezeWeights: options.liveWeights !== true });

const widen = (which: string, traffic: number, options: VerbOptions) =>
  act(options, which, 'widen', { traffic });

const stop = (which: string, options: VerbOptions) => act(options, which, 'stop');

async function act(options: VerbOptions, which: string, what: string, body?: unknown) {
  const path = `${await pathOf(which, options)}/${what}`;
  const found = await backendClient(options).call<ShownExperiment>('POST', path, body);
  print(found, () => experimentText(found), options);
}

async function show(which: string, options: VerbOptions): Promise<void> {
  const path = await pathOf(which, options);
  const found = await backendClient(options).call<ShownExperiment>('GET', path);
  print(found, () => experimentText(found), options);
}

const pathOf = async (which: string, options: VerbOptions) =>
  `/v1/experiments/${encodeURIComponent(await findExperiment(which, options))}`;
