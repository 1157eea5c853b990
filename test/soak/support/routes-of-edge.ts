import type { Asked } from './asked.ts';
import { describedBy, type Operation } from './described-operations.ts';
import { pick, type Random } from './mutate.ts';
import { routeFaults, type RouteAnswer } from './route-faults.ts';
import { routeRequest, type RouteRequest } from './route-request.ts';

export interface EdgeUnderFuzz {
  /** `/openapi.json`, as it is served. */
  readonly document: Parameters<typeof describedBy>[0];
  readonly keys: { readonly publishable: string; readonly secret: string };
  /** What no answer may hold, besides the secret key. */
  readonly secrets: readonly string[];
  /** A ranking of the edge, whose token fits. */
  readonly ranking: {
    readonly rankingId: string;
    readonly token: string;
    readonly items: readonly { readonly id: string }[];
  };
  /** @param key of the header `authorization`, as it is sent; undefined: without. */
  readonly send: (request: RouteRequest, key: string | undefined) => Promise<RouteAnswer>;
}

export interface RoutesOfEdge {
  /** Asks once as a page or a server of the site. */
  ask(random: Random): Promise<Asked>;
  /** Asks once without a key that fits: what needs one has to be refused. */
  askWithoutRight(random: Random): Promise<Asked>;
}

/** Every route of the edge's document. */
export function routesOfEdge({
  document,
  keys,
  secrets,
  ranking,
  send,
}: EdgeUnderFuzz): RoutesOfEdge {
  const described = describedBy(document);
  const { operations } = described;
  const open = new Set(
    Object.entries(
      document.paths as Record<string, Record<string, { security?: unknown[] }>>,
    ).flatMap(([path, methods]) =>
      Object.values(methods).some(({ security }) => security?.length === 0) ? [path] : [],
    ),
  );
  const faultOf = routeFaults(described, [keys.secret, ...secrets]);
  const examples: Readonly<Record<string, (random: Random) => unknown>> = {
    '/v1/events': (random) => [
      {
        eventId: `e${Math.floor(1e9 * random())}`,
        type: pick(random, ['click', 'dwell', 'save', 'scroll_depth', 'payment']),
        rankingId: ranking.rankingId,
        itemId: pick(random, ranking.items).id,
        value: random(),
        properties: { note: 'x' },
        timestamp: Date.now(),
        token: ranking.token,
      },
    ],
    '/v1/forget': () => ({ tokens: [ranking.token] }),
  };
  const requestTo = (random: Random, operation: Operation): RouteRequest =>
    routeRequest(random, operation, described, examples[operation.path]?.(random));

  return {
    async ask(random) {
      const made = requestTo(random, pick(random, operations));
      const key = pick(random, [keys.publishable, keys.publishable, keys.secret]);
      const answer = await send(made, `Bearer ${key}`);
      return { status: answer.status, fault: faultOf(made, answer), line: () => lineOf(made, key) };
    },
    async askWithoutRight(random) {
      const operation = pick(random, operations);
      const made = { ...requestTo(random, operation), method: operation.method };
      const key = pick(random, [
        undefined,
        'Bearer',
        `Bearer ${keys.publishable}x`,
        `Bearer ${keys.publishable.slice(0, -1)}`,
        `bearer ${keys.publishable}`,
        `Basic ${btoa(keys.secret)}`,
        `Bearer ${keys.publishable}, ${keys.secret}`,
        ...secrets.map((secret) => `Bearer ${secret}`),
      ]);
      const answer = await send(made, key);
      const isRefused = answer.status === 401 || answer.status === 403;
      // A bent address is that of no route.
      const fits = open.has(operation.path) || isRefused || answer.status === 404;
      const fault = fits
        ? faultOf(made, answer)
        : `${answer.status} without the right to: ${operation.method} ${operation.path}`;
      return { status: answer.status, fault, line: () => lineOf(made, key) };
    },
  };
}

const lineOf = ({ method, path, headers, body }: RouteRequest, key?: string): string =>
  JSON.stringify({
    method,
    path: path.slice(0, 2000),
    headers: headers.map(([name, value]) => [name, value.slice(0, 200)]),
    key,
    ...(body && { body: String.fromCodePoint(...body.subarray(0, 4000)) }),
  });
