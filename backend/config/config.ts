import { outboundOf } from '../outbound/outbound.ts';
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Schema } from '../../shared/features/schema.ts';
import { parseGivenSchema } from '../../shared/score/slate-rules/check-rules.ts';
import { differingColumns } from '../../shared/features/same-columns.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import type { PlacementSettings } from '../models/placement-settings.ts';
import { feedsIn, type Feed } from '../catalogue/feeds/feed.ts';
import { checkKeepHours } from '../log/stored-batches/settings.ts';
import { channelsOf } from '../monitor/channels-of.ts';
import { parseSettings } from '../settings/parse-settings.ts';
import { findConfigFile, readConfigFile, readJson, type ConfigFile } from './config-file.ts';
import { DEMO } from './demo.ts';
import { readEnvironment, type Env, type Environment } from './environment.ts';
import { merged } from './merged.ts';
import { refuseRetired } from './retired-variables.ts';
import { settings, type Settings } from './settings.ts';
import { stateDir } from './state-dir.ts';

/** What a backend is started with: its configuration file, and the secrets and addresses of its environment. */
export interface BackendConfig
  extends Omit<Environment, 'roles'>, Omit<Settings, 'schema' | 'kvSettleMs' | 'placements'> {
  /** What `v000000` is made from at the first start. */
  readonly schema: Schema;
  /** Whether the configuration file names it; else it is that of trips. */
  readonly hasOwnSchema: boolean;
  /** Placements with a lineage of their own, with the schemas that the configuration names. */
  readonly placements: PlacementSettings;
  /** The feeds of the catalogue, with the addresses of the environment. */
  readonly feeds: readonly Feed[];
  /** How long KV may still answer with what was there before. */
  readonly kvSettleMs: number;
  /** How old the answer of the last try to write the database may be, and how long after the start its pages are read. */
  readonly probeEveryMs: number;
  readonly firstPageCheckMs: number;
}

export interface ConfigOptions {
  readonly env: Env;
  /** Where the configuration file is looked for, and above it. */
  readonly directory: string;
  /** Use the settings of `npm start` where the file says nothing. */
  readonly demo?: boolean;
}

const KV_SETTLE_MS = 60_000;

/** @throws Error naming the setting or variable that is missing or wrong. */
export async function loadConfig(options: ConfigOptions): Promise<BackendConfig> {
  const { file, settings: found } = await loadSettings(options);
  const environment = readEnvironment(options.env);
  // Nobody shall learn from a missing e-mail that it was not said whom it goes to.
  channelsOf(
    environment.alertAddresses,
    found.notices,
    found.dashboard.url,
    outboundOf(found.outbound),
  );
  if (environment.logStore !== undefined)
    checkKeepHours(
      found.storedBatches,
      found.privacy.erasureHours,
      found.trainingData.retentionDays,
    );
  if (!options.env.LIBSQL_URL)
    mkdirSync(stateDir(options.env.TRIMTAB_DIR || undefined).path, { recursive: true });
  const schema = found.schema === undefined ? smarttrip : readSchema(found.schema, file);
  return {
    ...environment,
    ...found,
    roles: environment.roles ?? found.roles,
    schema,
    placements: placementsOf(found.placements, schema, file),
    hasOwnSchema: found.schema !== undefined,
    feeds: feedsIn(found.catalogue, environment.feedUrls),
    kvSettleMs: found.kvSettleMs ?? kvSettleOf(environment.edgeUrl),
    probeEveryMs: 3000,
    firstPageCheckMs: 5000,
  };
}

/** @throws Error naming the file and every setting that is wrong, or the variables that are no more. */
export async function loadSettings({ env, directory, demo = false }: ConfigOptions): Promise<{
  readonly file: ConfigFile | undefined;
  readonly settings: Settings;
}> {
  refuseRetired(env, findConfigFile(directory), directory);
  const file = await readConfigFile(directory);
  const given = file === undefined ? {} : file.given;
  try {
    return { file, settings: parseSettings(settings, demo ? merged(DEMO, given) : given) };
  } catch (error) {
    const problems = messageOf(error).split('\n');
    const problem =
      problems.length === 1 ? ` ${problems[0]}` : problems.map((line) => `\n  ${line}`).join('');
    throw new Error(`${file?.path ?? 'the settings'}:${problem}`, { cause: error });
  }
}

/** @throws Error naming the placement whose schema cannot be read, or has other columns than the catalogue's. */
function placementsOf(
  given: Settings['placements'],
  main: Schema,
  file: ConfigFile | undefined,
): PlacementSettings {
  const entries = Object.entries(given).map(([placement, { schema: name, ...others }]) => {
    if (name === undefined) return [placement, others] as const;
    const schema = readSchema(name, file);
    const differing = differingColumns(schema, main);
    if (differing.length > 0)
      throw new Error(
        `placements.${placement}.schema: its columns differ from those of schema ${main.name}, by which the catalogue is packed: ${differing.join(', ')}. A placement may have features of its own over the same columns`,
      );
    return [placement, { ...others, schema }] as const;
  });
  return Object.fromEntries(entries);
}

/** Local KV shows a write at once. */
export function kvSettleOf(edgeUrl: string): number {
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(edgeUrl).hostname);
  return isLocal ? 0 : KV_SETTLE_MS;
}

function readSchema(name: string, file: ConfigFile | undefined): Schema {
  const path = resolve(file === undefined ? '.' : dirname(file.path), name);
  try {
    return parseGivenSchema(readJson(path));
  } catch (error) {
    throw new Error(`schema ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** How long units and their outcomes are kept: until the target's horizon is over, and its retention. Never less than the log. */
export function keptDaysOf({
  metricWeights: { target, retentionDays },
  trainingData,
}: Pick<BackendConfig, 'metricWeights' | 'trainingData'>): number {
  return Math.max(trainingData.retentionDays, (target?.horizonDays ?? 0) + retentionDays);
}
