import { Command } from 'commander';
import type { RolloutDecision } from '../rollouts/decide-rollout.ts';
import { counted, moment, table } from '../../shared/text/text.ts';
import { version } from './arguments.ts';
import { backendClient } from '../client/backend-client.ts';
import { CliError } from '../client/failure.ts';
import { findId } from './find-id.ts';
import { print } from '../client/print.ts';
import { type Rollout, rolloutText } from './rollout-text.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

/** What a new version still has before it until everybody gets it. */
export function rolloutsCommand(): Command {
  const command = new Command('rollouts').description(
    'how new versions go live: shadow, canary, champion',
  );
  command.addCommand(backendVerb('list', 'newest first').action(list), { isDefault: true });
  command.addCommand(
    backendVerb('show', 'one rollout, its decisions and what they rest on')
      .argument('[rollout]', `${WHICH} (default: the newest)`)
      .action(show),
  );
  command.addCommand(
    backendVerb('start', 'take a version through shadow and canary')
      .argument('<version>', 'like v000041', version)
      .option('--force', 'whatever the gate says')
      .action(start),
  );
  command.addCommand(
    backendVerb('withdraw', 'end a rollout: everybody gets the champion')
      .argument('<rollout>', WHICH)
      .action(withdraw),
  );
  command.addCommand(
    backendVerb('replay', 'decide the logs again: exit code 1 unless the same comes out')
      .argument('[rollout]', `${WHICH} (default: all)`)
      .action(replay),
  );
  return command;
}

const WHICH = 'its challenger (the newest of it), its id or the beginning of it';

const recent = async (options: VerbOptions): Promise<Rollout[]> =>
  (await backendClient(options).call<{ rollouts: Rollout[] }>('GET', '/v1/rollouts?limit=200'))
    .rollouts;

async function list(options: VerbOptions): Promise<void> {
  const rollouts = await recent(options);
  print(
    rollouts,
    () =>
      rollouts.length === 0
        ? 'nothing was rolled out yet: "trimtab train" proposes what passes the gate.'
        : table(
            ['rollout', 'challenger', 'champion', 'stage', 'since', 'last decision'],
            rollouts.map((one) => [
              one.id,
              one.challenger,
              one.champion,
              one.endedAt === null ? one.stage : `${one.stage}, over`,
              moment(one.since),
              one.why,
            ]),
          ),
    options,
  );
}

async function show(which: string | undefined, options: VerbOptions): Promise<void> {
  const rollouts = await recent(options);
  const wanted = which === undefined ? rollouts.at(0)?.id : idIn(rollouts, which);
  if (wanted === undefined) throw new CliError('nothing was rolled out yet');
  const found = await backendClient(options).call<Rollout & { decisions: RolloutDecision[] }>(
    'GET',
    pathOf(wanted),
  );
  print(found, () => rolloutText(found, found.decisions), options);
}

async function start(to: string, { force, ...options }: VerbOptions & { force?: boolean }) {
  const client = backendClient(options);
  const started = await client.call<Rollout>('POST', '/v1/rollouts', { version: to, force });
  print(started, () => rolloutText(started, []), options);
}

async function withdraw(which: string, options: VerbOptions): Promise<void> {
  const id = idIn(await recent(options), which);
  const ended = await backendClient(options).call<Rollout>('POST', `${pathOf(id)}/withdraw`);
  print(ended, () => rolloutText(ended, []), options);
}

async function replay(which: string | undefined, options: VerbOptions): Promise<void> {
  const rollouts = await recent(options);
  const ids = which === undefined ? rollouts.map(({ id }) => id) : [idIn(rollouts, which)];
  const client = backendClient(options);
  const found: (Replayed & { readonly id: string })[] = [];
  for (const each of ids)
    found.push({
      id: each,
      ...(await client.call<Replayed>('GET', `${pathOf(each)}/replay`)),
    });
  print(
    found,
    () =>
      found
        .map(
          ({ id: each, decisions, problem }) =>
            `${each}: ${problem ?? `${counted(decisions, 'decision')}, the same again`}`,
        )
        .join('\n'),
    options,
  );
  if (found.some(({ problem }) => problem !== null)) process.exitCode = 1;
}

interface Replayed {
  readonly decisions: number;
  readonly problem: string | null;
}

/** Of a challenger's several rollouts, the newest is meant. */
const idIn = (rollouts: readonly Rollout[], which: string): string =>
  findId(
    which,
    rollouts.map(({ id, challenger }, i) => {
      const newest = rollouts.findIndex((one) => one.challenger === challenger);
      return { id, name: i === newest ? challenger : id };
    }),
    'rollouts',
  );

const pathOf = (id: string) => `/v1/rollouts/${encodeURIComponent(id)}`;
