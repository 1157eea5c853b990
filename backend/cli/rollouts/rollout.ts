import { backendClient, json, segment } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { findVersion, WHICH_VERSION } from '../command/find-version.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { OF_PLACEMENT, placedQuery, type PlacedOptions } from '../placements/of-placement.ts';
import { recentRollouts, rolloutId, WHICH } from './recent.ts';
import { rolloutText } from './rollout-text.ts';

export const showRolloutVerb = () =>
  backendVerb('show', 'one rollout, and its decisions with their evidence')
    .argument('[rollout]', `${WHICH} (default: the newest)`)
    .action(show);

export const startRolloutVerb = () =>
  backendVerb('start', 'take a version through shadow and canary')
    .argument('<version>', WHICH_VERSION)
    .option('--force', 'whatever the gate says')
    .option(...OF_PLACEMENT)
    .action(start);

export const withdrawRolloutVerb = () =>
  backendVerb('withdraw', 'end a rollout: the champion serves all traffic again')
    .argument('<rollout>', WHICH)
    .action(withdraw);

async function show(which: string | undefined, options: VerbOptions): Promise<void> {
  const client = backendClient(options);
  const rollouts = await recentRollouts(client);
  const id = which === undefined ? rollouts.at(0)?.id : rolloutId(rollouts, which);
  if (id === undefined) throw new CliError('nothing was rolled out yet');
  const found = await json(client.rollouts[':id'].$get({ param: { id: segment(id) }, query: {} }));
  print(found, () => rolloutText(found, found.decisions), options);
}

async function start(which: string, { force, ...options }: PlacedOptions & { force?: boolean }) {
  const client = backendClient(options);
  const to = await findVersion(client, which);
  const started = await json(
    client.rollouts.$post({ json: { version: to, force, ...placedQuery(options) } }),
  );
  print(started, () => rolloutText(started, []), options);
  // The first decision is made at once: what ends there was not started.
  if (started.endedAt !== null)
    throw new CliError(
      `the rollout of ${to} did not start: ${started.why ?? `it is ${started.stage}`}`,
      1,
      'rollout_over',
    );
}

async function withdraw(which: string, options: VerbOptions): Promise<void> {
  const client = backendClient(options);
  const id = rolloutId(await recentRollouts(client), which);
  const ended = await json(client.rollouts[':id'].withdraw.$post({ param: { id: segment(id) } }));
  print(ended, () => rolloutText(ended, []), options);
}
