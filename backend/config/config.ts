import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseSchema, type Schema } from '../../shared/features/schema.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { parseMetricWeights, type MetricWeightSettings } from '../reward/settings.ts';
import { parseOnline, type OnlineSettings } from '../runs/online/settings.ts';
import { parseRollout, type RolloutSettings } from '../rollouts/settings.ts';
import { parseMonitors, type MonitorSettings } from '../monitor/settings.ts';
import type { Webhook } from '../monitor/webhook.ts';
import { readKeys } from './keys.ts';
import { schedule } from '../process/settings.ts';
import { stateDir } from './state-dir.ts';
import type { Database } from '../store/connect.ts';
import { LEARNERS, type LearnerName } from '../science/learn/learners/learner.ts';
import { parseLocation, type StoreLocation } from '../log/partitions/object-store.ts';
import { parseTrainingData, type TrainingDataSettings } from '../log/account/settings.ts';

export interface BackendConfig {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly database: Database;
  readonly edgeUrl: string;
  /** The first one is shown to the edge. */
  readonly secretKeys: readonly string[];
  readonly ingestSecret: string;
  /** What `v000000` is made from at the first start. */
  readonly schema: Schema;
  /** Cron patterns, UTC; empty: training starts by hand only. */
  readonly trainingSchedule: string;
  /** Of the training that starts afresh from the rules, on all that is retained. */
  readonly fullTrainingSchedule: string;
  readonly fullTrainingLearner: LearnerName;
  /** Of the daily training: how much of the log it learns from. */
  readonly trainingWindowDays: number;
  readonly rollout: RolloutSettings;
  /** Where the daily partitions lie, what they hold, and how much of them learning takes. */
  readonly trainingStore: StoreLocation;
  readonly trainingData: TrainingDataSettings;
  /** What metric weights are learned for and from, when, and whether they become the reward. */
  readonly metricWeights: MetricWeightSettings;
  /** What is learned between trainings; by default nothing. */
  readonly online: OnlineSettings;
  /** Cron pattern, UTC: when what is older than the retention is deleted; empty: by hand only. */
  readonly pruneSchedule: string;
  readonly monitors: MonitorSettings;
  /** Where alerts go beside the log. */
  readonly alertWebhook: Webhook | undefined;
  /** Cron pattern with seconds: how often the pointer and unpublished work are looked at. */
  readonly watchSchedule: string;
  /** How long KV may still answer with what was there before. */
  readonly kvSettleMs: number;
  /** A changed catalogue is published this long after its last change, and at the latest after `republishWithinMs`. */
  readonly republishQuietMs: number;
  readonly republishWithinMs: number;
}

const KV_SETTLE_MS = 60_000;

/** @throws Error naming the variable that is missing or wrong. */
export function readConfig(env: NodeJS.ProcessEnv): BackendConfig {
  const state = stateDir();
  const keys = readKeys(state);
  const edgeUrl = urlOf(env, 'TRIMTAB_EDGE_URL', 'http://127.0.0.1:8787');
  const trainingData = readJson(env, 'TRIMTAB_TRAINING_DATA', parseTrainingData);
  const metricWeights = readJson(env, 'TRIMTAB_METRIC_WEIGHTS', parseMetricWeights);
  checkObserved(metricWeights, trainingData);
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(edgeUrl).hostname);
  return {
    host: env.TRIMTAB_HOST ?? '127.0.0.1',
    port: numberOf(env, 'TRIMTAB_BACKEND_PORT', 8788),
    database: databaseOf(env, state.path),
    edgeUrl,
    secretKeys: listOf(env.TRIMTAB_SECRET_KEYS ?? keys?.secretKey, 'TRIMTAB_SECRET_KEYS'),
    ingestSecret: listOf(
      env.TRIMTAB_INGEST_SECRET ?? keys?.ingestSecret,
      'TRIMTAB_INGEST_SECRET',
    )[0],
    schema: env.TRIMTAB_SCHEMA ? readSchema(env.TRIMTAB_SCHEMA) : smarttrip,
    trainingSchedule: scheduleOf(env, 'TRIMTAB_TRAINING_SCHEDULE', '0 3 * * *'),
    fullTrainingSchedule: scheduleOf(env, 'TRIMTAB_FULL_TRAINING_SCHEDULE', '0 4 * * 0'),
    fullTrainingLearner: oneOf(env, 'TRIMTAB_FULL_TRAINING_LEARNER', LEARNERS, 'boosted'),
    trainingWindowDays: numberOf(env, 'TRIMTAB_TRAINING_WINDOW_DAYS', 28),
    rollout: readJson(env, 'TRIMTAB_ROLLOUT', parseRollout),
    trainingStore: parseLocation(
      env.TRIMTAB_TRAINING_STORE || join(state.path, 'training-data'),
      env,
    ),
    trainingData,
    metricWeights,
    online: readJson(env, 'TRIMTAB_ONLINE_LEARNING', parseOnline),
    pruneSchedule: scheduleOf(env, 'TRIMTAB_PRUNE_SCHEDULE', '30 2 * * *'),
    monitors: readJson(env, 'TRIMTAB_MONITORS', parseMonitors),
    alertWebhook: webhookOf(env),
    watchSchedule: '*/3 * * * * *',
    // Local KV shows a write at once.
    kvSettleMs: numberOf(env, 'TRIMTAB_KV_SETTLE_MS', isLocal ? 0 : KV_SETTLE_MS),
    republishQuietMs: 1000,
    republishWithinMs: 10_000,
  };
}

function databaseOf(env: NodeJS.ProcessEnv, directory: string): Database {
  if (env.LIBSQL_URL) {
    return {
      url: env.LIBSQL_URL,
      ...(env.LIBSQL_AUTH_TOKEN && { authToken: env.LIBSQL_AUTH_TOKEN }),
    };
  }
  mkdirSync(directory, { recursive: true });
  return { url: pathToFileURL(resolve(join(directory, 'trimtab.db'))).href };
}

/** JSON, or the name of a file with JSON. */
function readJson<T>(env: NodeJS.ProcessEnv, name: string, parse: (value: unknown) => T): T {
  const given = env[name] ?? '{}';
  try {
    const text = given.trimStart().startsWith('{') ? given : readFileSync(given, 'utf8');
    return parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${name}: ${messageOf(error)}`, { cause: error });
  }
}

function scheduleOf(env: NodeJS.ProcessEnv, name: string, otherwise: string): string {
  const { success, data, error } = schedule.safeParse(env[name] ?? otherwise);
  if (success) return data;
  throw new Error(`${name} ${error.issues[0].message}`);
}

/** How long units and their outcomes are kept: until the target's horizon is over, and its retention. Never less than the log. */
export function keptDaysOf({
  metricWeights: { target, retentionDays },
  trainingData,
}: Pick<BackendConfig, 'metricWeights' | 'trainingData'>): number {
  return Math.max(trainingData.retentionDays, (target?.horizonDays ?? 0) + retentionDays);
}

/** What a unit did must still be in the log when it is over, and has come in. */
function checkObserved(
  { target, observeDays }: MetricWeightSettings,
  { retentionDays, attributionDays }: TrainingDataSettings,
): void {
  const needed = observeDays + attributionDays + 1;
  if (target !== undefined && retentionDays < needed)
    throw new Error(
      `TRIMTAB_METRIC_WEIGHTS: observeDays (${observeDays}) needs a log of ${needed} days or more, but retentionDays of TRIMTAB_TRAINING_DATA is ${retentionDays}`,
    );
}

/** The address may hold a token: no error shows it. */
function webhookOf(env: NodeJS.ProcessEnv): Webhook | undefined {
  const { TRIMTAB_ALERT_WEBHOOK: url, TRIMTAB_ALERT_SECRET: secret } = env;
  if (!url) return undefined;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new Error('TRIMTAB_ALERT_WEBHOOK must be an http or https URL');
  if (parsed.username !== '' || parsed.password !== '')
    throw new Error(
      'TRIMTAB_ALERT_WEBHOOK must hold no user or password: the receiver checks the signature',
    );
  if (!secret)
    throw new Error('TRIMTAB_ALERT_SECRET is not set: the webhook’s notices are signed with it');
  return { url, secret };
}

function readSchema(file: string): Schema {
  try {
    return parseSchema(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Error(`TRIMTAB_SCHEMA=${file}: ${messageOf(error)}`, { cause: error });
  }
}

function listOf(value: string | undefined, name: string): string[] {
  const entries = (value ?? '').split(',').filter((entry) => entry !== '');
  if (entries.length === 0) {
    throw new Error(
      `${name} is not set, and there is no keys.json: run "npm start" once, or set it`,
    );
  }
  return entries;
}

function oneOf<T extends string>(
  env: NodeJS.ProcessEnv,
  name: string,
  choices: readonly T[],
  otherwise: T,
): T {
  const text = env[name] ?? otherwise;
  const found = choices.find((choice) => choice === text);
  if (found === undefined)
    throw new Error(`${name} must be one of ${choices.join(', ')}, but was "${text}"`);
  return found;
}

function numberOf(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const text = env[name];
  if (text === undefined || text === '') return otherwise;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} must be a whole number, but was "${text}"`);
  return Number(text);
}

function urlOf(env: NodeJS.ProcessEnv, name: string, otherwise: string): string {
  const text = env[name] ?? otherwise;
  if (!URL.canParse(text)) throw new Error(`${name} must be a URL, but was "${text}"`);
  return text.replace(/\/+$/, '');
}
