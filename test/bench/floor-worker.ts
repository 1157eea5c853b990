import { DurableObject } from 'cloudflare:workers';

/**
 * The fair floor under `/v1/rank`: it reads the same JSON, signs, logs in batches to a Durable Object that ships them, and
 * answers the same bytes, but ranks nothing. What a ranking takes beyond it is Trimtab's own.
 */
interface FloorEnv {
  /** An answer of `/v1/rank`, as JSON. */
  readonly ANSWER: string;
  readonly SINK_URL: string;
  readonly FLOOR_LOG: DurableObjectNamespace<FloorLog>;
}

/** As the edge gathers and ships (`edge/collect`). */
const COLLECT_MS = 50;
const MAX_BATCH = 256;
const SHIP_INTERVAL_MS = 1000;
const MAX_SHIPPED_BYTES = 1_500_000;

const SIGNATURE_LENGTH = 43;
const utf8 = new TextEncoder();
const key = crypto.subtle.importKey(
  'raw',
  utf8.encode('secret of the floor Worker'),
  { name: 'HMAC', hash: 'SHA-256' },
  false,
  ['sign'],
);
const signed = async (bytes: Uint8Array): Promise<string> =>
  new Uint8Array(await crypto.subtle.sign('HMAC', await key, bytes)).toBase64({
    alphabet: 'base64url',
    omitPadding: true,
  });

interface Sample {
  readonly weights: string;
  readonly snapshot: string;
  readonly token: string;
}
let sample: Sample | undefined;

export default {
  async fetch(request: Request, env: FloorEnv, ctx: ExecutionContext): Promise<Response> {
    const text = await request.text();
    const { sessionId }: { sessionId: string } = JSON.parse(text);
    const { weights, snapshot, token } = (sample ??= JSON.parse(env.ANSWER) as Sample);
    const rankingId = crypto.randomUUID();
    const claims = token.slice(0, -SIGNATURE_LENGTH);
    const signature = await signed(utf8.encode(`${rankingId} ${sessionId} ${claims}`));
    const answer = JSON.stringify({ ...sample, rankingId, token: claims + signature });
    log(`${text}\n${answer}\n`, env, ctx);
    return new Response(answer, {
      headers: {
        'content-type': 'application/json',
        'x-trimtab-weights': weights,
        'x-trimtab-snapshot': snapshot,
        'access-control-expose-headers': 'x-trimtab-weights, x-trimtab-snapshot',
        'access-control-allow-origin': '*',
      },
    });
  },
};

let open: string[] | undefined;

function log(entry: string, env: FloorEnv, ctx: ExecutionContext): void {
  if (open !== undefined && open.length < MAX_BATCH) {
    open.push(entry);
    return;
  }
  const batch = (open = [entry]);
  ctx.waitUntil(write(batch, env));
}

async function write(batch: string[], { FLOOR_LOG }: FloorEnv): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, COLLECT_MS);
  });
  if (open === batch) open = undefined;
  await FLOOR_LOG.get(FLOOR_LOG.idFromName('shard-0')).append(
    utf8.encode(batch.join('')),
    batch.length,
  );
}

type Entry = { seq: number; body: ArrayBuffer; decisions: number };

export class FloorLog extends DurableObject<FloorEnv> {
  readonly #sql = this.ctx.storage.sql;
  #isAlarmSet = false;

  constructor(ctx: DurableObjectState, env: FloorEnv) {
    super(ctx, env);
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS entries (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, decisions INTEGER NOT NULL)`,
    );
  }

  async append(body: Uint8Array, decisions: number): Promise<void> {
    this.#sql.exec(`INSERT INTO entries (body, decisions) VALUES (?, ?)`, body, decisions);
    if (this.#isAlarmSet) return;
    this.#isAlarmSet = true;
    await this.ctx.storage.setAlarm(Date.now() + SHIP_INTERVAL_MS);
  }

  override async alarm(): Promise<void> {
    this.#isAlarmSet = false;
    for (let entries = this.#next(); entries.length > 0; entries = this.#next()) {
      const body = await new Blob(entries.map((entry) => entry.body)).bytes();
      const response = await fetch(this.env.SINK_URL, {
        method: 'POST',
        body,
        headers: {
          'x-decisions': String(entries.reduce((sum, { decisions }) => sum + decisions, 0)),
          'x-signature': await signed(body),
        },
      });
      await response.text();
      if (!response.ok) throw new Error(`the sink answered ${response.status}`);
      this.#sql.exec(`DELETE FROM entries WHERE seq <= ?`, entries.at(-1)!.seq);
    }
  }

  #next(): Entry[] {
    const entries: Entry[] = [];
    let sizeBytes = 0;
    for (const entry of this.#sql.exec<Entry>(
      `SELECT seq, body, decisions FROM entries ORDER BY seq`,
    )) {
      sizeBytes += entry.body.byteLength;
      if (entries.length > 0 && sizeBytes > MAX_SHIPPED_BYTES) break;
      entries.push(entry);
    }
    return entries;
  }
}
