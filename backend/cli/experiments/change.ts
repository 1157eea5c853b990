import { backendClient, json, segment } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { share } from '../command/arguments.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { experimentText } from './experiment-text.ts';
import { findExperiment, WHICH } from './find-experiment.ts';

export const startVerb = () =>
  backendVerb('start', 'start a draft')
    .argument('<experiment>', WHICH)
    .option('--live-weights', 'analyse with the metric weights of the day, not those of its start')
    .action(async (which: string, options: VerbOptions & { liveWeights?: boolean }) => {
      const { one, param } = await found(which, options);
      const freezeWeights = options.liveWeights !== true;
      const started = await json(one.start.$post({ param, json: { freezeWeights } }));
      print(started, () => experimentText(started), options);
    });

export const widenVerb = () =>
  backendVerb('widen', 'let more of the traffic take part')
    .argument('<experiment>', WHICH)
    .argument('<traffic>', 'share of the layer, like 0.5', share)
    .action(async (which: string, traffic: number, options: VerbOptions) => {
      const { one, param } = await found(which, options);
      const wider = await json(one.widen.$post({ param, json: { traffic } }));
      print(wider, () => experimentText(wider), options);
    });

export const holdVerb = () =>
  backendVerb('hold', 'take no step of its ramp until it is resumed')
    .argument('<experiment>', WHICH)
    .requiredOption('--reason <text>', 'goes into the audit log')
    .action(async (which: string, options: VerbOptions & { reason: string }) => {
      const { one, param } = await found(which, options);
      const held = await json(one.hold.$post({ param, json: { reason: options.reason } }));
      print(held, () => experimentText(held), options);
    });

export const resumeVerb = () =>
  backendVerb('resume', 'take the steps of its ramp again')
    .argument('<experiment>', WHICH)
    .action(async (which: string, options: VerbOptions) => {
      const { one, param } = await found(which, options);
      const resumed = await json(one.resume.$post({ param }));
      print(resumed, () => experimentText(resumed), options);
    });

export const stopVerb = () =>
  backendVerb('stop', 'stop it, and freeze its report')
    .argument('<experiment>', WHICH)
    .action(async (which: string, options: VerbOptions) => {
      const { one, param } = await found(which, options);
      const stopped = await json(one.stop.$post({ param }));
      print(stopped, () => experimentText(stopped), options);
    });

export const showVerb = () =>
  backendVerb('show', 'its report so far')
    .argument('<experiment>', WHICH)
    .action(async (which: string, options: VerbOptions) => {
      const { one, param } = await found(which, options);
      const shown = await json(one.$get({ param }));
      print(shown, () => experimentText(shown), options);
    });

async function found(which: string, options: VerbOptions) {
  const client = backendClient(options);
  const id = await findExperiment(client, which);
  return { one: client.experiments[':id'], param: { id: segment(id) } };
}
