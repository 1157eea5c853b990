import { createHash } from 'node:crypto';
import { SCOPE_OF_ROUTE } from '../../../backend/http/scope-of-route.ts';
import { connect } from '../../../backend/store/connect.ts';
import { allows, type Scope } from '../../../shared/domain/access-key.ts';
import { signBody, SIGNATURE_HEADER } from '../../../shared/domain/ingest-signature.ts';
import { ingestBatchToBytes } from '../../../shared/format/ingest-bytes.ts';
import {
  IDENTITY_SECRET,
  INGEST_SECRET,
  SECRET_KEY,
  type TestBackend,
} from '../../backend/support/backend.ts';
import { batchOf } from '../../backend/support/batches.ts';
import type { Asked } from './asked.ts';
import { describedBy, type Described, type Operation } from './described-operations.ts';
import { mutatedBytes, pick, type Random } from './mutate.ts';
import { routeFaults, type RouteAnswer } from './route-faults.ts';
import { routeRequest, type RouteRequest } from './route-request.ts';

/** They take a hundred times as long as the others, as they read all that is stored or write it anew. */
const COSTLY =
  /train|compare|evaluat|backtest|learn|verify|replay|prune|doctor|release|preview|anomalies|business|apprentice|(DELETE|delete).*(users|sessions)|(users|sessions)\/delete|promote|rollback/;

export interface RoutesOfBackend {
  readonly described: Described;
  /** Asks once as one who may do all. */
  ask(random: Random): Promise<Asked>;
  /** Asks once as one who may not do that: it has to be refused. */
  askWithoutRight(random: Random): Promise<Asked>;
  /** Hash of all that is stored, but for what changes with time alone. */
  stored(): Promise<string>;
}

/** Every route of the backend's document, asked in this process. */
export async function routesOfBackend(
  backend: TestBackend,
  {
    costlyShare = 1,
  }: { /** How many of the costly requests are asked. */ readonly costlyShare?: number } = {},
): Promise<RoutesOfBackend> {
  const described = describedBy((await backend.call('GET', '/openapi.json')).body);
  const { operations } = described;
  const faultOf = routeFaults(described, [SECRET_KEY, INGEST_SECRET, IDENTITY_SECRET]);
  const keys = new Map<Scope, string>();
  for (const scope of ['rank', 'events', 'ingest', 'read'] as const) {
    const made = await backend.call('POST', '/v1/keys', { name: `fuzz-${scope}`, scopes: [scope] });
    keys.set(scope, made.body.key);
  }
  const revoked = (await backend.call('POST', '/v1/keys', { name: 'gone', scopes: ['admin'] }))
    .body;
  await backend.call('POST', '/v1/keys/gone/revoke');

  const send = async (made: RouteRequest, key: string | undefined): Promise<RouteAnswer> => {
    const headers = new Headers();
    for (const [name, value] of made.headers) headers.append(name, value);
    if (key !== undefined) headers.set('authorization', key);
    const { method, body } = made;
    const response = await backend.fetch(
      new Request(`http://backend.test${made.path}`, {
        method,
        headers,
        ...(body && method !== 'GET' && method !== 'HEAD' && { body }),
      }),
    );
    const text = await response.text();
    return { status: response.status, type: response.headers.get('content-type') ?? '', text };
  };

  const operationOf = (random: Random): Operation => {
    const chosen = pick(random, operations);
    const isCostly = COSTLY.test(`${chosen.method} ${chosen.path}`);
    return isCostly && random() > costlyShare ? operationOf(random) : chosen;
  };

  /** Under a true signature: what does not fit its body is refused before anything is read. */
  const ingested = (random: Random, operation: Operation): RouteRequest => {
    const whole = ingestBatchToBytes(batchOf(`fuzz-${Math.floor(1e9 * random())}`, 2));
    const body = random() < 0.2 ? whole : mutatedBytes(random, whole);
    const signature = signBody(body, INGEST_SECRET, Date.now());
    const headers = [
      ['content-type', 'application/octet-stream'],
      [SIGNATURE_HEADER, signature],
    ] as const;
    return { operation, method: 'POST', path: operation.path, headers, body };
  };

  return {
    described,
    async ask(random) {
      const operation = operationOf(random);
      const made =
        operation.path === '/v1/ingest' && random() < 0.9
          ? ingested(random, operation)
          : routeRequest(random, operation, described);
      const answer = await send(made, `Bearer ${SECRET_KEY}`);
      return { status: answer.status, fault: faultOf(made, answer), line: () => lineOf(made) };
    },
    async askWithoutRight(random) {
      const operation = pick(random, operations);
      // Another method of the same path may need less: it is asked by the one that is described.
      const made = { ...routeRequest(random, operation, described), method: operation.method };
      const needed = SCOPE_OF_ROUTE.get(`${operation.method} ${operation.path}`);
      const lesser = [...keys]
        .filter(([scope]) => needed === undefined || !allows([scope], needed))
        .map(([, key]) => `Bearer ${key}`);
      const key = pick(random, [undefined, ...WRONG_KEYS, `Bearer ${revoked.key}`, ...lesser]);
      const answer = await send(made, key);
      const fault = mayAnswer(made, needed, answer)
        ? faultOf(made, answer)
        : `${answer.status} without the right to: ${operation.method} ${operation.path}`;
      return { status: answer.status, fault, line: () => lineOf(made, key) };
    },
    async stored() {
      const db = connect({ url: backend.config.database.url });
      try {
        const { rows } = await db.execute(
          "select name from sqlite_master where type = 'table' order by name",
        );
        const hash = createHash('sha256');
        for (const { name } of rows) {
          const table = name as string;
          if (GO_ON.has(table)) continue;
          const content = await db.execute(`select * from "${table}"`);
          const values = content.rows.map((row) =>
            JSON.stringify(
              Object.entries(row).filter(([column]) => column !== 'lastUsedAt'),
              (_, value: unknown) =>
                typeof value === 'bigint'
                  ? String(value)
                  : value instanceof ArrayBuffer
                    ? Buffer.from(value).toString('base64')
                    : value,
            ),
          );
          hash.update(`${table} ${values.length}\n${values.toSorted().join('\n')}`);
        }
        return hash.digest('hex');
      } finally {
        db.close();
      }
    },
  };
}

/** What a backend writes by the clock, whoever asks for what. */
const GO_ON: ReadonlySet<string> = new Set([
  'leases',
  'job_runs',
  'sqlite_sequence',
  'sqlite_stat1',
]);

const WRONG_KEYS = [
  'Bearer',
  'Bearer  ',
  `Basic ${btoa(`:${SECRET_KEY}`)}`,
  `Bearer ${SECRET_KEY}x`,
  `Bearer ${SECRET_KEY.slice(0, -1)}`,
  `Bearer ${SECRET_KEY} ${SECRET_KEY}`,
  `Bearer ${SECRET_KEY},${SECRET_KEY}`,
  `bearer ${INGEST_SECRET.replaceAll(' ', '')}`,
];

/** Whether who has not the right may be told this. */
function mayAnswer(
  { path, operation }: RouteRequest,
  needed: Scope | undefined,
  { status }: RouteAnswer,
): boolean {
  if (status === 401 || status === 403) return true;
  // Without a signature nothing is ingested, and what is open needs no right.
  if (needed === undefined) return operation.path !== '/v1/ingest' || status >= 400;
  // The way out of a folder leads to another address: to the pages, which ask for a session themselves, or to nothing.
  return !new URL(path, 'http://backend.test').pathname.startsWith('/v1/');
}

const lineOf = ({ method, path, headers, body }: RouteRequest, key?: string) =>
  JSON.stringify({
    method,
    path: path.slice(0, 2000),
    headers: headers.map(([name, value]) => [name, value.slice(0, 200)]),
    key,
    ...(body && { body: Buffer.from(body.subarray(0, 4000)).toString('latin1') }),
  });
