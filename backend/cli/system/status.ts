import { counted, duration, facts, moment } from '../../../shared/text/text.ts';
import { settingText } from '../../apprentice/setting-text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { feedText } from '../feeds/feed-text.ts';
import type { LiveWeights, Status } from '../../http/answers.ts';
import { lineageText, lineageWaitsText } from '../placements/lineage-text.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const statusVerb = () =>
  backendVerb(
    'status',
    'what is live and since when, what is stored, which problems there are',
  ).action(async (options: VerbOptions) => {
    const status = await json(backendClient(options).status.$get());
    print(status, () => statusText(status), options);
  });

function statusText({
  weights,
  placements,
  placementsWaiting,
  configuredSchema,
  snapshot,
  problems,
  alerts,
  counts,
  roles,
  backends,
  feeds,
  ingest,
  training,
  learning,
  learningWaits,
}: Status): string {
  const lines = facts([
    ['live', weights === null ? 'nothing yet' : liveText(weights)],
    [
      'since',
      weights === null ? '–' : `${moment(weights.since)}, last moved by ${weights.by ?? 'hand'}`,
    ],
    ...placements.map((one): [string, string] => ['placement', lineageText(one)]),
    ...placementsWaiting.map((one): [string, string] => ['placement', lineageWaitsText(one)]),
    [
      'snapshot',
      snapshot === null ? 'none yet' : `${snapshot.hash}, ${counted(snapshot.items, 'item')}`,
    ],
    ['stored', storedText(counts)],
    ['roles', rolesText(roles, backends)],
    ...feeds.map((feed): [string, string] => ['feed', `${feed.name}: ${feedText(feed)}`]),
    ['ingest', ingestText(ingest)],
    ['training', trainingText(training)],
    ...learning.map((arm): [string, string] => ['learning', learningText(arm)]),
    ...learningWaits.map((arm): [string, string] => ['learning', waitingText(arm)]),
  ]);
  return [
    lines,
    ...(configuredSchema?.isLive === false
      ? [
          `schema: the configuration file names ${configuredSchema.name} (${configuredSchema.hash}), and another is live: "trimtab schema apply" brings it in`,
        ]
      : []),
    ...Object.entries(weights?.pointer.apprentice ?? {}).map(
      ([placement, { share }]) => `apprentice: ${settingText({ placement, share })}`,
    ),
    ...problems.map((problem) => `problem: ${problem}`),
    ...alerts.map(({ message }) => `alert: ${message}`),
  ].join('\n');
}

const liveText = ({ version, name, schemaName, hold }: LiveWeights) =>
  `${version} "${name ?? 'not stored here'}" (${schemaName ?? 'unknown schema'})${hold ? ', held: "trimtab release" lifts it' : ''}`;

const storedText = ({ items, decisions, events, weights }: Status['counts']) =>
  [
    counted(items, 'item'),
    counted(decisions, 'ranking'),
    counted(events, 'event'),
    counted(weights, 'version'),
  ].join(', ');

const rolesText = (roles: Status['roles'], backends: Status['backends']) =>
  backends.length < 2
    ? roles.join(', ')
    : `${roles.join(', ')} here; ${backends.length} backends: ${backends.map((one) => one.roles.join('+')).join(', ')}`;

const ingestText = ({ lastBatchAt, lagMs }: Status['ingest']) =>
  lastBatchAt === null
    ? 'nothing since the backend started'
    : `last batch ${moment(lastBatchAt)}${lagMs === null ? '' : `, ${duration(lagMs)} behind`}`;

const learningText = ({ arm, version, stopped, ...learned }: Status['learning'][number]) =>
  stopped === null
    ? `${arm}: ${version} has learned from ${counted(learned.rankings, 'ranking')}, ${learned.rewarded} with a reward, since learning began${limitText(learned)}`
    : `${arm}: ${version} learns nothing more: ${stopped}`;

const limitText = ({ changed, atLimit }: Pick<Status['learning'][number], 'changed' | 'atLimit'>) =>
  atLimit === 0 ? '' : `; ${atLimit} of ${changed} weights are changed as far as they may be`;

const waitingText = ({ arm, version, rewarded, minimum }: Status['learningWaits'][number]) =>
  `${arm}: ${version} waits for ${minimum} rankings with a reward, of which there are ${rewarded}`;

const trainingText = ({ running, nextAt }: Status['training']) =>
  running === null
    ? nextAt === null
      ? 'only on request'
      : `next ${moment(nextAt)}`
    : `${running} is under way`;
