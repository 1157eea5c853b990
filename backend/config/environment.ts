import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { identitySecrets } from '../../shared/domain/identity.ts';
import { entriesOf, secretsProblem, type NewestFirst } from '../../shared/domain/secrets.ts';
import {
  parseLocation,
  type S3Location,
  type StoreLocation,
} from '../log/partitions/object-store.ts';
import { areRoles, ROLES, type RoleName } from '../scheduler/roles.ts';
import type { ChannelAddresses } from '../monitor/channels-of.ts';
import { readOtlpHeaders } from '../../shared/trace/trace-export.ts';
import type { TraceAddress } from '../outbound/send-traces.ts';
import type { Database } from '../store/connect.ts';
import { chatUrlOf, smtpOf, webhookOf } from './alert-addresses.ts';
import { readKeys } from './keys.ts';
import type { Origin } from './origin.ts';
import { stateDir, type StateDir } from './state-dir.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** Secrets and addresses: what differs from machine to machine, and nobody commits. */
export interface Environment {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly database: Database;
  readonly edgeUrl: string;
  /** The first one is shown to the edge. */
  readonly secretKeys: readonly string[];
  /** Any of them may have signed what an edge ships. */
  readonly ingestSecrets: NewestFirst<string>;
  /** Any of them may sign changes of the catalogue; none: no changes are taken. */
  readonly catalogueSecrets: readonly string[];
  /** Ids of sessions and users are keyed by the first. */
  readonly identitySecrets: NewestFirst<string>;
  /** Where the journal of erasures lies on this machine; a copy lies beside the partitions. */
  readonly erasureFolder: string;
  /** Where the daily partitions lie. */
  readonly trainingStore: StoreLocation;
  /** The bucket that edges put sealed batches into; undefined: they send them to a backend. */
  readonly logStore: S3Location | undefined;
  /** What this backend does, where the configuration file is not to say it; undefined: it says. */
  readonly roles: readonly RoleName[] | undefined;
  /** Where alerts are sent, besides the log. */
  readonly alertAddresses: ChannelAddresses;
  /** Addresses of feeds of the catalogue, by their names. */
  readonly feedUrls: Readonly<Record<string, string>>;
  /** Where traces are sent to; undefined: there are none. */
  readonly traceAddress: TraceAddress | undefined;
  /** What the identity provider of dashboard.oidc asks this backend for. */
  readonly oidcClientSecret: string | undefined;
}

export interface Variable {
  /** In words, for the documentation. */
  readonly meaning: string;
  readonly isSecret?: boolean;
  readonly otherwise?: (state: StateDir) => string | undefined;
  /** Another name that other tools use too: read where this one is not set. */
  readonly also?: string;
  /** That `otherwise` in words, where it is no fixed value. */
  readonly otherwiseIs?: string;
}

/** An empty variable is one that is not set. */
export const VARIABLES = {
  TRIMTAB_DIR: {
    meaning:
      'Directory of everything that is stored on this machine: keys, database, edge, training data',
    otherwise: ({ path }) => path,
    otherwiseIs: '.trimtab, here or above',
  },
  TRIMTAB_HOST: { meaning: 'Where the backend listens', otherwise: () => '127.0.0.1' },
  TRIMTAB_BACKEND_PORT: {
    meaning: 'On which port it does; 0: any free one',
    otherwise: () => '8788',
  },
  TRIMTAB_EDGE_URL: {
    meaning: 'The edge that is published to',
    otherwise: () => 'http://127.0.0.1:8787',
  },
  TRIMTAB_SECRET_KEYS: {
    meaning:
      'Keys that may do everything, with commas between them; the first is shown to the edge',
    isSecret: true,
    otherwise: (state) => readKeys(state)?.secretKey,
    otherwiseIs: 'that of keys.json',
  },
  TRIMTAB_INGEST_SECRET: {
    meaning:
      'Signs what the edge ships to the backend, the same as the edge’s INGEST_SECRET; during a rotation the new and the old one, with a comma between them',
    isSecret: true,
    otherwise: (state) => readKeys(state)?.ingestSecret,
    otherwiseIs: 'that of keys.json',
  },
  TRIMTAB_CATALOGUE_SECRET: {
    meaning:
      'Signs changes of the catalogue that a database or queue posts; during a rotation the new and the old one, with a comma between them',
    isSecret: true,
  },
  TRIMTAB_IDENTITY_SECRET: {
    meaning:
      'Keys the ids of sessions and users, the same as the edge’s IDENTITY_SECRET; with commas between them, the newest first',
    isSecret: true,
    otherwise: (state) => readKeys(state)?.identitySecret,
    otherwiseIs:
      'that of keys.json, or derived from the ingest secret (the last of them) where it has none',
  },
  LIBSQL_URL: {
    meaning: 'The database: a file, or a libSQL server',
    otherwise: ({ path }) => pathToFileURL(resolve(join(path, 'trimtab.db'))).href,
    otherwiseIs: 'trimtab.db in TRIMTAB_DIR',
  },
  LIBSQL_AUTH_TOKEN: { meaning: 'What a libSQL server asks for', isSecret: true },
  TRIMTAB_TRAINING_STORE: {
    meaning: 'Where daily partitions lie: a folder, or s3://bucket/prefix',
    otherwise: ({ path }) => join(path, 'training-data'),
    otherwiseIs: 'training-data in TRIMTAB_DIR',
  },
  TRIMTAB_LOG_STORE: {
    meaning:
      'Bucket that edges put sealed batches into (LOG_PATH=store), s3://bucket/prefix, by the same AWS_… variables; without it they send them to a backend',
  },
  TRIMTAB_ROLES: {
    meaning:
      'What this backend does, with commas between: serve, ingest, train; counts before `roles` of the configuration file',
  },
  AWS_ACCESS_KEY_ID: { meaning: 'Key of that bucket', isSecret: true },
  AWS_SECRET_ACCESS_KEY: { meaning: 'Secret of that key', isSecret: true },
  AWS_SESSION_TOKEN: { meaning: 'Its token, where keys are temporary', isSecret: true },
  AWS_REGION: { meaning: 'Region of that bucket', also: 'AWS_DEFAULT_REGION' },
  AWS_ENDPOINT_URL_S3: { meaning: 'Another store with the S3 protocol', also: 'AWS_ENDPOINT_URL' },
  TRIMTAB_ALERT_WEBHOOK: {
    meaning: 'Where alerts are posted to; the address may hold a token, so it is never shown',
    isSecret: true,
  },
  TRIMTAB_ALERT_SECRET: { meaning: 'Signs those posts', isSecret: true },
  TRIMTAB_FEED_URLS: {
    meaning:
      'Addresses of feeds that hold a token, or a user and a password: name=address, with spaces between them; they count before those of catalogue.feeds',
    isSecret: true,
  },
  TRIMTAB_ALERT_SLACK: {
    meaning: 'Incoming webhook of Slack that alerts are posted to, an https URL',
    isSecret: true,
  },
  TRIMTAB_ALERT_TEAMS: {
    meaning:
      'Workflow of Microsoft Teams ("when a webhook request is received") that alerts are posted to, an https URL',
    isSecret: true,
  },
  TRIMTAB_ALERT_SMTP: {
    meaning:
      'What sends alerts by e-mail: smtps://user:password@host, or smtp://… for STARTTLS; from whom and to whom is in notices.email',
    isSecret: true,
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    meaning:
      'Where traces are sent to, by OTLP over HTTP as JSON, such as https://otel.example/v1/traces; without it there are none',
  },
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: {
    meaning: 'Headers of those requests: name=value, with commas between them',
    isSecret: true,
  },
  TRIMTAB_OIDC_CLIENT_SECRET: {
    meaning: 'What the identity provider of dashboard.oidc knows this backend by',
    isSecret: true,
  },
} as const satisfies Readonly<Record<string, Variable>>;

export type VariableName = keyof typeof VARIABLES;

export const isSecretOf = (name: VariableName): boolean =>
  (VARIABLES[name] as Variable).isSecret ?? false;

/** What a variable holds, or what holds without it, and which of the two it was. */
export function lookUp(
  env: Env,
  name: VariableName,
  state: StateDir,
): { readonly value: string | undefined; readonly origin: Origin } {
  const { also, otherwise }: Variable = VARIABLES[name];
  for (const own of [name, ...(also === undefined ? [] : [also])]) {
    const value = env[own];
    if (value !== undefined && value !== '')
      return { value, origin: { from: 'environment', name: own } };
  }
  const found = otherwise?.(state);
  if (found === undefined) return { value: undefined, origin: { from: 'unset' } };
  return {
    value: found,
    // A secret has no default: where there is one, it was made for this machine.
    origin: isSecretOf(name) ? { from: 'keys', name: state.keys } : { from: 'default' },
  };
}

/** @throws Error naming the variable that is missing or wrong. */
export function readEnvironment(env: Env): Environment {
  const state = stateDir(env.TRIMTAB_DIR || undefined);
  const valueOf = (name: VariableName): string => lookUp(env, name, state).value ?? '';
  const authToken = valueOf('LIBSQL_AUTH_TOKEN');
  const ingestSecrets = secretsOf('TRIMTAB_INGEST_SECRET', valueOf('TRIMTAB_INGEST_SECRET'));
  return {
    host: valueOf('TRIMTAB_HOST'),
    port: wholeNumber('TRIMTAB_BACKEND_PORT', valueOf('TRIMTAB_BACKEND_PORT')),
    database: {
      url: valueOf('LIBSQL_URL'),
      ...(env.LIBSQL_URL && authToken !== '' && { authToken }),
    },
    edgeUrl: urlOf('TRIMTAB_EDGE_URL', valueOf('TRIMTAB_EDGE_URL')),
    secretKeys: secretsOf('TRIMTAB_SECRET_KEYS', valueOf('TRIMTAB_SECRET_KEYS')),
    ingestSecrets,
    catalogueSecrets: longEnough(
      'TRIMTAB_CATALOGUE_SECRET',
      entriesOf(valueOf('TRIMTAB_CATALOGUE_SECRET')),
    ),
    identitySecrets: identitySecrets(
      longEnough('TRIMTAB_IDENTITY_SECRET', entriesOf(valueOf('TRIMTAB_IDENTITY_SECRET'))),
      ingestSecrets,
    ),
    erasureFolder: join(state.path, 'erasures'),
    trainingStore: parseLocation(valueOf('TRIMTAB_TRAINING_STORE'), env),
    logStore: logStoreOf(valueOf('TRIMTAB_LOG_STORE'), env),
    roles: rolesOf(valueOf('TRIMTAB_ROLES')),
    alertAddresses: {
      webhook: webhookOf(valueOf('TRIMTAB_ALERT_WEBHOOK'), valueOf('TRIMTAB_ALERT_SECRET')),
      slack: chatUrlOf('TRIMTAB_ALERT_SLACK', valueOf('TRIMTAB_ALERT_SLACK')),
      teams: chatUrlOf('TRIMTAB_ALERT_TEAMS', valueOf('TRIMTAB_ALERT_TEAMS')),
      smtp: smtpOf(valueOf('TRIMTAB_ALERT_SMTP')),
    },
    feedUrls: feedUrlsOf(valueOf('TRIMTAB_FEED_URLS')),
    traceAddress: traceAddressOf(
      valueOf('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'),
      valueOf('OTEL_EXPORTER_OTLP_TRACES_HEADERS'),
    ),
    oidcClientSecret: valueOf('TRIMTAB_OIDC_CLIENT_SECRET') || undefined,
  };
}

function logStoreOf(text: string, env: Env): S3Location | undefined {
  if (text === '') return undefined;
  const location = parseLocation(text, env, 'TRIMTAB_LOG_STORE');
  if (location.kind === 's3') return location;
  // Edges put batches there over the network, and a folder has no conditional writes for leases.
  throw new Error(`TRIMTAB_LOG_STORE must be s3://bucket/prefix, but was "${text}"`);
}

function rolesOf(text: string): readonly RoleName[] | undefined {
  if (text === '') return undefined;
  const names = entriesOf(text);
  if (areRoles(names)) return names;
  throw new Error(
    `TRIMTAB_ROLES must be some of ${ROLES.join(', ')}, each once, but was "${text}"`,
  );
}

function wholeNumber(name: VariableName, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} must be a whole number, but was "${text}"`);
  return Number(text);
}

function urlOf(name: VariableName, text: string): string {
  if (!URL.canParse(text)) throw new Error(`${name} must be a URL, but was "${text}"`);
  return text.replace(/\/+$/, '');
}

function traceAddressOf(endpoint: string, text: string): TraceAddress | undefined {
  if (endpoint === '') return undefined;
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ''))
    throw new Error('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must be an http or https URL');
  // They hold a key, so no error shows them.
  const headers = readOtlpHeaders(text);
  if (headers === undefined)
    throw new Error(
      'OTEL_EXPORTER_OTLP_TRACES_HEADERS must be name=value, with commas between them',
    );
  return { endpoint, headers };
}

function longEnough<T extends readonly string[]>(name: VariableName, entries: T): T {
  const problem = secretsProblem(name, entries);
  if (problem !== undefined) throw new Error(problem);
  return entries;
}

function secretsOf(name: VariableName, value: string): NewestFirst<string> {
  const entries = entriesOf(value);
  if (entries.length === 0)
    throw new Error(
      `${name} is not set, and there is no keys.json: run "npm start" once, or set it`,
    );
  return longEnough(name, entries as [string, ...string[]]);
}

/** The addresses may hold tokens: no error shows them. */
function feedUrlsOf(text: string): Readonly<Record<string, string>> {
  const entries = text.split(/\s+/).filter((entry) => entry !== '');
  return Object.fromEntries(
    entries.map((entry, i) => {
      const [, name, url] = /^([a-z0-9_-]+)=(https?:.*)$/.exec(entry) ?? [];
      if (name === undefined || !URL.canParse(url))
        throw new Error(
          `entry ${i + 1} of TRIMTAB_FEED_URLS must be the name of a feed, "=", and an http or https address`,
        );
      return [name, url];
    }),
  );
}
