import { DurableObject } from 'cloudflare:workers';

/**
 * A KV namespace stored on local disk. It is the service behind workerd's `kvNamespace` bindings, which send it HTTP
 * requests: `GET|PUT|DELETE /<key>?urlencoded=true`, with metadata as JSON in a header; an absent key is answered
 * 404. Listing and expiry are not implemented, because the Worker does not use them.
 */
interface StoreEnv {
  readonly NAMESPACE: DurableObjectNamespace<KvStore>;
  /** The name of the namespace that this service stores. */
  readonly NAME: string;
}

const METADATA_HEADER = 'CF-KV-Metadata';
/** A row of a Durable Object's database holds at most 2 MB, so values are stored in chunks. */
const CHUNK_BYTES = 1024 * 1024;

export default {
  fetch: (request, env) => env.NAMESPACE.get(env.NAMESPACE.idFromName(env.NAME)).fetch(request),
} satisfies ExportedHandler<StoreEnv>;

export class KvStore extends DurableObject<StoreEnv> {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: StoreEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, metadata TEXT) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS chunks (
        key TEXT NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (key, part)) WITHOUT ROWID;`);
  }

  override async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const raw = pathname.slice(1);
    const key = searchParams.get('urlencoded') === 'true' ? decodeURIComponent(raw) : raw;
    switch (request.method) {
      case 'GET':
        return this.#get(key);
      case 'PUT':
        this.#put(
          key,
          new Uint8Array(await request.arrayBuffer()),
          request.headers.get(METADATA_HEADER),
        );
        return new Response();
      case 'DELETE':
        this.#delete(key);
        return new Response();
      default:
        return new Response(`${request.method} is not a KV operation`, { status: 405 });
    }
  }

  #get(key: string): Response {
    const [found] = this.#sql
      .exec<{ metadata: string | null }>(`SELECT metadata FROM keys WHERE key = ?`, key)
      .toArray();
    if (found === undefined) return new Response('Not Found', { status: 404 });
    const chunks = this.#sql
      .exec<{ bytes: ArrayBuffer }>(`SELECT bytes FROM chunks WHERE key = ? ORDER BY part`, key)
      .toArray();
    const { metadata } = found;
    return new Response(new Blob(chunks.map(({ bytes }) => bytes)), {
      headers: metadata === null ? {} : { [METADATA_HEADER]: metadata },
    });
  }

  /** Writes without an await in between are one transaction, so a reader never sees parts of two values. */
  #put(key: string, value: Uint8Array, metadata: string | null): void {
    this.#delete(key);
    this.#sql.exec(`INSERT INTO keys (key, metadata) VALUES (?, ?)`, key, metadata);
    for (let part = 0; part * CHUNK_BYTES < value.length; part++) {
      const bytes = value.slice(part * CHUNK_BYTES, (part + 1) * CHUNK_BYTES);
      this.#sql.exec(`INSERT INTO chunks (key, part, bytes) VALUES (?, ?, ?)`, key, part, bytes);
    }
  }

  #delete(key: string): void {
    this.#sql.exec(`DELETE FROM keys WHERE key = ?`, key);
    this.#sql.exec(`DELETE FROM chunks WHERE key = ?`, key);
  }
}
