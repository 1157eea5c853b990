import { CONSENTS, DEFAULT_CONSENT, isConsent, type Consent } from '../../shared/domain/consent.ts';
import { ApiError } from '../../shared/domain/errors.ts';
import { identityKeys, identitySecrets, type IdentityKey } from '../../shared/domain/identity.ts';
import { entriesOf, secretsProblem, type NewestFirst } from '../../shared/domain/secrets.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { readOtlpHeaders } from '../../shared/trace/trace-export.ts';
import type { Env } from './env.ts';

/** What a key may do: `publishable` ranks and sends events, `secret` does everything. */
export type Role = 'publishable' | 'secret';

/** Systems whose requests are understood, so that a site that leaves them changes an address and a key. */
export const DROP_INS = ['personalizer', 'metarank'] as const;
export type DropIn = (typeof DROP_INS)[number];

/** How many events are stored of one ranking: no person does more with what one page shows. */
export interface EventCaps {
  readonly perRanking: number;
  /** Of one type on one item; or of one type, where it names no item. */
  readonly perItemAndType: number;
}

/** Where traces go to, and how many there are. */
export interface TraceSettings {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of requests that are of no trace yet, 0 to 1. */
  readonly share: number;
}

/** A bucket of a store that speaks S3. */
export interface LogStoreSettings {
  /** With the bucket, and the prefix where there is one; without a trailing slash. */
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Where sealed batches are put: a bucket that the Worker is bound to, or one that it asks over S3. */
export type LogStore =
  | { readonly bucket: R2Bucket; readonly s3?: undefined }
  | { readonly bucket?: undefined; readonly s3: LogStoreSettings };

/** The Worker's variables and secrets, checked and parsed once per isolate. */
export interface Settings {
  readonly roleOfKey: ReadonlyMap<string, Role>;
  /** The first signs tokens, and each verifies them. */
  readonly tokenSecrets: NewestFirst<string>;
  /** The first signs what is shipped. */
  readonly ingestSecrets: NewestFirst<string>;
  /** The newest key first; new ids are keyed by it. */
  readonly identity: NewestFirst<IdentityKey>;
  /** Any of them may have signed that a session is a user's. Empty: none is taken. */
  readonly userSecrets: readonly string[];
  /** Whether a publishable key may name a user only with a signature. */
  readonly requiresUserSignature: boolean;
  readonly defaultConsent: Consent;
  /** Without a trailing slash. */
  readonly backendUrl: string;
  /** Where sealed batches are put for backends to take; undefined: they are sent to the backend. */
  readonly logStore: LogStore | undefined;
  readonly allowedOrigins: '*' | readonly string[];
  /** How often an isolate checks which weights and which snapshot are live. */
  readonly refreshMs: number;
  /** How long KV may answer from its cache. */
  readonly kvCacheTtlS: number;
  /** Number of EventLog objects that sessions are spread over. */
  readonly eventShards: number;
  /** How long an EventLog object gathers entries before it ships them. */
  readonly shipIntervalMs: number;
  /** A shard that holds more takes no feedback until it has shipped. */
  readonly maxShardBytes: number;
  /** How long after a ranking its feedback is accepted. */
  readonly tokenTtlMs: number;
  /** Whether rates are looked at where there are bindings for them. */
  readonly limitsRates: boolean;
  readonly eventCaps: EventCaps;
  /** Whether the shop is served. */
  readonly hasShop: boolean;
  /** Whose endpoints are served besides those of our own. */
  readonly dropIns: ReadonlySet<DropIn>;
  /** The publishable key that the shop's page has. */
  readonly pagesKey: string;
  /** Undefined: nothing is traced. */
  readonly traces: TraceSettings | undefined;
}

/** What most request handlers need. */
export interface Configured {
  readonly env: Env;
  readonly settings: Settings;
}

const REQUIRED = [
  'PUBLISHABLE_KEYS',
  'SECRET_KEYS',
  'TOKEN_SECRET',
  'INGEST_SECRET',
  'BACKEND_URL',
] as const;

/** The smallest cache lifetime that KV accepts. */
const MIN_KV_CACHE_TTL_S = 30;

const settings = new WeakMap<Env, Settings>();

/**
 * Read once per isolate, as Durable Objects ask at every call, and the keys of ids take time to prepare.
 * @throws ApiError 503 `not_configured` naming each variable that is missing or wrong, but no secret: the Worker never runs without
 * its keys and secrets.
 */
export function settingsOf(env: Env): Settings {
  let known = settings.get(env);
  if (known === undefined) settings.set(env, (known = readSettings(env)));
  return known;
}

function readSettings(env: Env): Settings {
  const missing = REQUIRED.filter((name) => entriesOf(env[name]).length === 0);
  if (missing.length > 0) {
    throw notConfigured(
      `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set: "npm run deploy" sets them`,
    );
  }
  checkSecrets(env);
  const ingestSecrets = entriesOf(env.INGEST_SECRET) as [string, ...string[]];
  const origins = entriesOf(env.ALLOWED_ORIGINS ?? '*');
  const userSecrets = entriesOf(env.USER_SECRET);
  const requiresUserSignature = isOn(env, 'REQUIRE_USER_SIGNATURE', false);
  if (requiresUserSignature && userSecrets.length === 0)
    throw notConfigured(
      'REQUIRE_USER_SIGNATURE is on and USER_SECRET is not set, so that no user could be named',
    );
  return {
    roleOfKey: new Map<string, Role>([
      ...entriesOf(env.PUBLISHABLE_KEYS).map((key) => [key, 'publishable'] as const),
      ...entriesOf(env.SECRET_KEYS).map((key) => [key, 'secret'] as const),
    ]),
    tokenSecrets: entriesOf(env.TOKEN_SECRET) as [string, ...string[]],
    ingestSecrets,
    identity: identityKeys(identitySecrets(entriesOf(env.IDENTITY_SECRET), ingestSecrets)),
    userSecrets,
    requiresUserSignature,
    defaultConsent: defaultConsentOf(env),
    backendUrl: env.BACKEND_URL!.replace(/\/+$/, ''),
    logStore: logStoreOf(env),
    allowedOrigins: origins.includes('*') ? '*' : origins,
    refreshMs: wholeNumber(env, 'REFRESH_MS', 5000, 10),
    kvCacheTtlS: wholeNumber(env, 'KV_CACHE_TTL_S', MIN_KV_CACHE_TTL_S, MIN_KV_CACHE_TTL_S),
    eventShards: wholeNumber(env, 'EVENT_SHARDS', 8, 1),
    shipIntervalMs: wholeNumber(env, 'SHIP_INTERVAL_MS', 1000, 1),
    maxShardBytes: wholeNumber(env, 'MAX_SHARD_MB', 4000, 1) * 1_000_000,
    tokenTtlMs: wholeNumber(env, 'TOKEN_TTL_MS', DAY_MS, 1),
    limitsRates: isOn(env, 'RATE_LIMITS', true),
    hasShop: isOn(env, 'SHOP', false),
    dropIns: dropInsOf(env),
    pagesKey: entriesOf(env.PUBLISHABLE_KEYS)[0],
    traces: tracesOf(env),
    eventCaps: {
      perRanking: wholeNumber(env, 'MAX_EVENTS_PER_RANKING', 2000, 1),
      perItemAndType: wholeNumber(env, 'MAX_EVENTS_PER_ITEM_AND_TYPE', 500, 1),
    },
  };
}

function logStoreOf(env: Env): LogStore | undefined {
  const path = env.LOG_PATH ?? '';
  if (path === '' || path === 'backend') return undefined;
  if (path !== 'store') throw notConfigured(`LOG_PATH must be backend or store, but was "${path}"`);
  if (env.LOGS !== undefined) return { bucket: env.LOGS };
  const { LOG_STORE_URL: url = '', LOG_STORE_REGION: region = '' } = env;
  if (url === '')
    throw notConfigured(
      'LOG_PATH is store, and there is neither a bucket bound as LOGS nor a LOG_STORE_URL',
    );
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '') || /[?#@]/.test(url))
    throw notConfigured(
      'LOG_STORE_URL must be an https address with the bucket, such as https://s3.eu-west-1.amazonaws.com/bucket, without keys',
    );
  const { LOG_STORE_ACCESS_KEY_ID: accessKeyId = '', LOG_STORE_SECRET_ACCESS_KEY: secret = '' } =
    env;
  if (accessKeyId === '' || secret === '')
    throw notConfigured(
      'LOG_STORE_URL needs LOG_STORE_ACCESS_KEY_ID and LOG_STORE_SECRET_ACCESS_KEY to be set',
    );
  return {
    s3: {
      url: url.replace(/\/+$/, ''),
      region: region === '' ? 'auto' : region,
      accessKeyId,
      secretAccessKey: secret,
    },
  };
}

function tracesOf(env: Env): TraceSettings | undefined {
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? '';
  if (endpoint === '') return undefined;
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ''))
    throw notConfigured('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must be an https address');
  // No error shows them: they hold a key.
  const headers = readOtlpHeaders(env.OTEL_EXPORTER_OTLP_TRACES_HEADERS ?? '');
  if (headers === undefined)
    throw notConfigured('OTEL_EXPORTER_OTLP_TRACES_HEADERS must be name=value,name=value');
  const share = Number(env.TRACE_SHARE ?? 0);
  if (share >= 0 && share <= 1) return { endpoint, headers, share };
  throw notConfigured(`TRACE_SHARE must be a number from 0 to 1, but was "${env.TRACE_SHARE}"`);
}

const SECRETS = [
  'PUBLISHABLE_KEYS',
  'SECRET_KEYS',
  'TOKEN_SECRET',
  'INGEST_SECRET',
  'IDENTITY_SECRET',
  'USER_SECRET',
] as const;

/** A key that is in both lists would be shown in pages and open everything. */
function checkSecrets(env: Env): void {
  const problems = SECRETS.flatMap((name) => secretsProblem(name, entriesOf(env[name])) ?? []);
  const secretKeys = entriesOf(env.SECRET_KEYS);
  if (entriesOf(env.PUBLISHABLE_KEYS).some((key) => secretKeys.includes(key)))
    problems.push(
      'a key is in both PUBLISHABLE_KEYS and SECRET_KEYS: pages show the publishable ones, so give it up and make another secret key',
    );
  if (problems.length > 0) throw notConfigured(problems.join('; '));
}

function defaultConsentOf({ DEFAULT_CONSENT: text }: Env): Consent {
  if (text === undefined || text === '') return DEFAULT_CONSENT;
  if (isConsent(text)) return text;
  throw notConfigured(`DEFAULT_CONSENT must be one of ${CONSENTS.join(', ')}, but was "${text}"`);
}

function dropInsOf({ DROP_IN: text = 'off' }: Env): ReadonlySet<DropIn> {
  const names = entriesOf(text);
  if (names.length === 1 && names[0] === 'off') return new Set();
  const isDropIn = (name: string): name is DropIn => (DROP_INS as readonly string[]).includes(name);
  if (names.every(isDropIn)) return new Set(names);
  throw notConfigured(`DROP_IN must be off, or some of ${DROP_INS.join(', ')}, but was "${text}"`);
}

function isOn(
  env: Env,
  name: 'RATE_LIMITS' | 'SHOP' | 'REQUIRE_USER_SIGNATURE',
  defaultValue: boolean,
): boolean {
  const text = env[name] ?? '';
  if (text === '') return defaultValue;
  if (text === 'on') return true;
  if (text === 'off') return false;
  throw notConfigured(`${name} must be on or off, but was "${text}"`);
}

function wholeNumber(
  env: Env,
  name:
    | 'REFRESH_MS'
    | 'KV_CACHE_TTL_S'
    | 'EVENT_SHARDS'
    | 'SHIP_INTERVAL_MS'
    | 'TOKEN_TTL_MS'
    | 'MAX_SHARD_MB'
    | 'MAX_EVENTS_PER_RANKING'
    | 'MAX_EVENTS_PER_ITEM_AND_TYPE',
  defaultValue: number,
  min: number,
): number {
  const text = env[name];
  if (text === undefined || text === '') return defaultValue;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw notConfigured(`${name} must be a whole number from ${min}, but was "${text}"`);
}

const notConfigured = (message: string) => new ApiError(503, 'not_configured', message);
