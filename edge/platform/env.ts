import type {
  EventLogObject,
  KeyKeeperObject,
  LiveWeightsObject,
  SnapshotKeeperObject,
  TokenKeeperObject,
} from './durable-objects.ts';
import type { RateLimiter } from './rate-limiter.ts';

/** The Worker's bindings, as `wrangler.toml` names them. Variables and secrets are strings. */
export interface Env {
  readonly WEIGHTS: KVNamespace;
  readonly CATALOGUE: KVNamespace;
  readonly EVENT_LOG: DurableObjectNamespace<EventLogObject>;
  readonly LIVE_WEIGHTS: DurableObjectNamespace<LiveWeightsObject>;
  /** Absent where requests are not limited, as in deployments from before there were limits. */
  readonly RATE_PER_KEY?: RateLimiter;
  readonly RATE_PER_ADDRESS?: RateLimiter;
  readonly RATE_PER_SESSION?: RateLimiter;
  readonly SNAPSHOT_KEEPER: DurableObjectNamespace<SnapshotKeeperObject>;
  /** Absent in deployments from before there were keys by name: they are read from KV then. */
  readonly KEY_KEEPER?: DurableObjectNamespace<KeyKeeperObject>;
  /** Absent in deployments from before there were endpoints of other systems. */
  readonly TOKEN_KEEPER?: DurableObjectNamespace<TokenKeeperObject>;
  /** A data set of Workers Analytics Engine that each answer is counted in; absent where they are not. */
  readonly ANSWERS?: AnalyticsEngineDataset;
  /** Comma-separated, like SECRET_KEYS. */
  readonly PUBLISHABLE_KEYS?: string;
  readonly SECRET_KEYS?: string;
  /** Signs ranking tokens; during a rotation "new,old". INGEST_SECRET, which signs what is shipped, alike. */
  readonly TOKEN_SECRET?: string;
  readonly INGEST_SECRET?: string;
  /** Keys the ids of sessions and users: comma-separated, the newest first. The backend has the same. */
  readonly IDENTITY_SECRET?: string;
  /** By which the site's server signs that a session is a user's: comma-separated, and any of them is taken. */
  readonly USER_SECRET?: string;
  /** `on` or `off`: whether a publishable key may name a user only with such a signature. */
  readonly REQUIRE_USER_SIGNATURE?: string;
  readonly BACKEND_URL?: string;
  /** `backend`, or `store`: whether sealed batches are sent to the backend, or put into a bucket for backends to take. */
  readonly LOG_PATH?: string;
  /** That bucket; absent where it is asked over S3, by the variables below. */
  readonly LOGS?: R2Bucket;
  readonly LOG_STORE_URL?: string;
  readonly LOG_STORE_REGION?: string;
  readonly LOG_STORE_ACCESS_KEY_ID?: string;
  /** A secret. */
  readonly LOG_STORE_SECRET_ACCESS_KEY?: string;
  /** `*`, or a comma-separated list of origins. */
  readonly ALLOWED_ORIGINS?: string;
  /** Of rankings that state none. */
  readonly DEFAULT_CONSENT?: string;
  readonly REFRESH_MS?: string;
  readonly KV_CACHE_TTL_S?: string;
  readonly EVENT_SHARDS?: string;
  readonly SHIP_INTERVAL_MS?: string;
  readonly TOKEN_TTL_MS?: string;
  /** `on` or `off`: whether the rates are looked at where there are bindings for them. */
  readonly RATE_LIMITS?: string;
  /** `on` or `off`: whether `/shop` is served. */
  readonly SHOP?: string;
  /** Whose endpoints are served: `personalizer`, `metarank`, both, or `off`. */
  readonly DROP_IN?: string;
  readonly MAX_SHARD_MB?: string;
  readonly MAX_EVENTS_PER_RANKING?: string;
  readonly MAX_EVENTS_PER_ITEM_AND_TYPE?: string;
  /** Where traces are sent to, by OTLP; without it there are none. */
  readonly OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string;
  /** A secret: `name=value`, with commas between them. */
  readonly OTEL_EXPORTER_OTLP_TRACES_HEADERS?: string;
  /** 0 to 1: of requests that are of no trace yet. */
  readonly TRACE_SHARE?: string;
}
