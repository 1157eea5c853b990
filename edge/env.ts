import { ApiError } from '../shared/domain/errors.ts';
import type { EventLog } from './collect/event-log.ts';
import type { LiveWeights } from './live/live-weights.ts';

/** The Worker's bindings. Variables are texts, as wrangler gives them. */
export interface Env {
  readonly WEIGHTS: KVNamespace;
  readonly CATALOGUE: KVNamespace;
  readonly EVENT_LOG: DurableObjectNamespace<EventLog>;
  readonly LIVE_WEIGHTS: DurableObjectNamespace<LiveWeights>;
  /** Comma-separated, like SECRET_KEYS. */
  readonly PUBLISHABLE_KEYS?: string;
  readonly SECRET_KEYS?: string;
  readonly TOKEN_SECRET?: string;
  readonly INGEST_SECRET?: string;
  readonly BACKEND_URL?: string;
  /** `*`, or origins with commas between. */
  readonly ALLOWED_ORIGINS?: string;
  readonly REFRESH_MS?: string;
  readonly KV_CACHE_TTL_S?: string;
  readonly EVENT_SHARDS?: string;
  readonly SHIP_INTERVAL_MS?: string;
  readonly TOKEN_TTL_MS?: string;
}

export type Role = 'publishable' | 'secret';

/** The variables, checked once per isolate. */
export interface Settings {
  readonly roleOfKey: ReadonlyMap<string, Role>;
  readonly tokenSecret: string;
  readonly ingestSecret: string;
  /** Without a slash at its end. */
  readonly backendUrl: string;
  readonly allowedOrigins: '*' | readonly string[];
  /** How often an isolate asks what is live. */
  readonly refreshMs: number;
  readonly kvCacheTtlS: number;
  readonly eventShards: number;
  readonly shipIntervalMs: number;
  readonly tokenTtlMs: number;
}

const REQUIRED = [
  'PUBLISHABLE_KEYS',
  'SECRET_KEYS',
  'TOKEN_SECRET',
  'INGEST_SECRET',
  'BACKEND_URL',
] as const;

/** KV refuses to cache for less. */
const MIN_KV_CACHE_TTL_S = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/** @throws ApiError 503 `not_configured` naming each variable that is missing or wrong: nothing runs open. */
export function settingsOf(env: Env): Settings {
  const missing = REQUIRED.filter((name) => list(env[name]).length === 0);
  if (missing.length > 0) {
    throw notConfigured(
      `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set: give each a value with "wrangler secret put"`,
    );
  }
  const origins = list(env.ALLOWED_ORIGINS ?? '*');
  return {
    roleOfKey: new Map<string, Role>([
      ...list(env.PUBLISHABLE_KEYS).map((key) => [key, 'publishable'] as const),
      ...list(env.SECRET_KEYS).map((key) => [key, 'secret'] as const),
    ]),
    tokenSecret: env.TOKEN_SECRET!,
    ingestSecret: env.INGEST_SECRET!,
    backendUrl: env.BACKEND_URL!.replace(/\/+$/, ''),
    allowedOrigins: origins.includes('*') ? '*' : origins,
    refreshMs: whole(env, 'REFRESH_MS', 5000, 10),
    kvCacheTtlS: whole(env, 'KV_CACHE_TTL_S', MIN_KV_CACHE_TTL_S, MIN_KV_CACHE_TTL_S),
    eventShards: whole(env, 'EVENT_SHARDS', 8, 1),
    shipIntervalMs: whole(env, 'SHIP_INTERVAL_MS', 1000, 1),
    tokenTtlMs: whole(env, 'TOKEN_TTL_MS', DAY_MS, 1),
  };
}

function whole(
  env: Env,
  name: 'REFRESH_MS' | 'KV_CACHE_TTL_S' | 'EVENT_SHARDS' | 'SHIP_INTERVAL_MS' | 'TOKEN_TTL_MS',
  byDefault: number,
  least: number,
): number {
  const text = env[name];
  if (text === undefined || text === '') return byDefault;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw notConfigured(`${name} must be a whole number from ${least}, but was "${text}"`);
}

const list = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

const notConfigured = (message: string) => new ApiError(503, 'not_configured', message);
