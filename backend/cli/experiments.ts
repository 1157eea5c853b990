import { Command } from 'commander';
import { moment, percent, table } from '../text.ts';
import { share } from './arguments.ts';
import { backendClient } from './backend-client.ts';
import { createVerb } from './experiment-create.ts';
import { sizeVerb } from './experiment-size.ts';
import { experimentText, type ShownExperiment } from './experiment-text.ts';
import { print } from './print.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

export function experimentsCommand(): Command {
  const command = new Command('experiments').description(
    'compare versions, explorations and rewards on live traffic',
  );
  const verbs = [
    backendVerb('list', 'all experiments, newest first').action(list),
    createVerb(),
    backendVerb('start', 'start a draft')
      .argument('<id>')
      .option('--live-weights', 'read it by the metric weights of the day, not by those of now')
      .action(start),
    backendVerb('widen', 'let more of the traffic take part')
      .argument('<id>')
      .argument('<traffic>', 'share of the layer, 0.5', share)
      .action(widen),
    backendVerb('stop', 'stop it and freeze its report').argument('<id>').action(stop),
    backendVerb('show', 'what it says so far').argument('<id>').action(show),
    sizeVerb(),
  ];
  return verbs.reduce((whole, verb) => whole.addCommand(verb), command);
}

async function list(options: VerbOptions): Promise<void> {
  const { experiments } = await backendClient(options).call<{ experiments: ShownExperiment[] }>(
    'GET',
    '/v1/experiments',
  );
  const head = ['id', 'name', 'status', 'layer', 'traffic', 'arms', 'started'];
  const rows = experiments.map((one) => [
    one.id,
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

const start = (id: string, options: VerbOptions & { liveWeights?: boolean }) =>
  act(options, `${pathOf(id)}/start`, { freezeWeights: options.liveWeights !== true });

const widen = (id: string, traffic: number, options: VerbOptions) =>
  act(options, `${pathOf(id)}/widen`, { traffic });

const stop = (id: string, options: VerbOptions) => act(options, `${pathOf(id)}/stop`);

async function act(options: VerbOptions, path: string, body?: unknown): Promise<void> {
  const found = await backendClient(options).call<ShownExperiment>('POST', path, body);
  print(found, () => experimentText(found), options);
}

async function show(id: string, options: VerbOptions): Promise<void> {
  const found = await backendClient(options).call<ShownExperiment>('GET', pathOf(id));
  print(found, () => experimentText(found), options);
}

const pathOf = (id: string) => `/v1/experiments/${encodeURIComponent(id)}`;
