import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import type { Keys } from '../../backend/config/keys.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { startTestBackend } from '../backend/support/backend.ts';
import { putItems, rank } from '../support/client.ts';
import { startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { endOf, type SoakForm } from './support/form.ts';
import { FuzzTally } from './support/fuzz-at-once.ts';
import type { RouteAnswer } from './support/route-faults.ts';
import type { RouteRequest } from './support/route-request.ts';
import { routesOfBackend } from './support/routes-of-backend.ts';
import { routesOfEdge } from './support/routes-of-edge.ts';

const AT_ONCE = 16;
const ROUND = 2000;
/** An edge answers in a tenth of the time that a backend does. */
const EDGE_PART = 0.8;
/** Of the requests to either, who has not the right to. */
const WITHOUT_RIGHT = 0.3;
const COSTLY_SHARE = 0.02;
const MAX_GROWTH_BYTES = 512 * 1024 * 1024;

const ITEMS = 40;

const KEYS: Keys = {
  publishableKey: 'pk_soak_of_the_routes',
  secretKey: 'sk_soak_of_the_routes',
  tokenSecret: 'token secret of the routes',
  ingestSecret: 'ingest secret of the routes',
  identitySecret: 'identity secret of the routes',
};

/**
 * Requests to every route of both documents, made from the documents and changed, from a seed: to the backend in this process, to the edge on
 * a workerd. What they are held to is in `route-faults.ts`; who has not the right changes nothing that is stored, and memory does not grow.
 */
export const soakRoutes: SoakForm = async ({ minutes, inputs, seed, say }) => {
  const random = seededRandom(seed);
  const backend = await startTestBackend();
  const ofBackend = await routesOfBackend(backend, { costlyShare: COSTLY_SHARE });
  const edge = await startEdge(seed);
  const [edgeTally, backendTally] = [new FuzzTally(), new FuzzTally()];
  const broken: string[] = [];
  const endMs = inputs === undefined ? endOf({ minutes }) : Infinity;
  const asked = () => edgeTally.asked + backendTally.asked;
  let startBytes = 0;
  try {
    while (performance.now() < endMs && asked() < (inputs ?? Infinity)) {
      const ofEdge = Math.round(ROUND * EDGE_PART);
      const [edgeWithout, without] = [ofEdge, ROUND - ofEdge].map((n) =>
        Math.round(n * WITHOUT_RIGHT),
      );
      await edgeTally.run(edgeWithout, AT_ONCE, () => edge.routes.askWithoutRight(random), say);
      await edgeTally.run(ofEdge - edgeWithout, AT_ONCE, () => edge.routes.ask(random), say);
      const before = await ofBackend.stored();
      await backendTally.run(without, AT_ONCE, () => ofBackend.askWithoutRight(random), say);
      if ((await ofBackend.stored()) !== before)
        broken.push('who had no right changed what is stored');
      await backendTally.run(ROUND - ofEdge - without, AT_ONCE, () => ofBackend.ask(random), say);
      if (startBytes === 0) startBytes = process.memoryUsage().rss;
      if (asked() % (25 * ROUND) === 0) say(`edge ${edgeTally.text}; backend ${backendTally.text}`);
    }
    await until(
      'the backend is ready',
      async () => (await backend.call('GET', '/health/ready')).status === 200,
    ).catch((error: Error) => broken.push(error.message));
  } finally {
    await edge.stop();
    await backend.close();
  }
  const grown = process.memoryUsage().rss - startBytes;
  if (grown > MAX_GROWTH_BYTES) broken.push(`memory grew by ${grown} bytes`);
  for (const { faults } of [edgeTally, backendTally])
    broken.push(...[...faults].map(([fault, times]) => `${times} × ${fault}`));
  return {
    figures: `${edgeTally.asked} requests to the edge (${edgeTally.text}) and ${backendTally.asked} to the backend (${backendTally.text}), ${Math.round(grown / 1e6)} MB more memory`,
    broken,
  };
};

/** A Worker on a bare workerd with a catalogue, and a backend of its own, which no request here changes. */
async function startEdge(seed: number) {
  const system = await startSystem({ keys: KEYS, edgeEnv: { RATE_LIMITS: 'off' } });
  const trips = demoCatalogue(ITEMS, seed, Date.now());
  await putItems(system, trips);
  const { hostname, port } = new URL(system.edge.url);
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const sendBy = (
    by: Agent | false,
    { method, path, headers, body }: RouteRequest,
    key: string | undefined,
  ) =>
    new Promise<RouteAnswer>((resolve, reject) => {
      const listed = new Map<string, string[]>();
      for (const [name, value] of headers) listed.set(name, [...(listed.get(name) ?? []), value]);
      const sent = request(
        {
          hostname,
          port,
          method,
          path,
          agent: by,
          headers: {
            ...Object.fromEntries(listed),
            ...(key !== undefined && { authorization: key }),
            ...(body && { 'content-length': body.length }),
          },
        },
        (response) => {
          text(response).then(
            (content) =>
              resolve({
                status: response.statusCode ?? 0,
                type: response.headers['content-type'] ?? '',
                text: content,
              }),
            reject,
          );
        },
      );
      sent.once('error', reject);
      sent.end(body);
    });
  // A kept connection may be closed for its age while a request is on its way. What breaks one by its bytes does so again.
  const send = (made: RouteRequest, key: string | undefined) =>
    sendBy(agent, made, key).catch(() => sendBy(false, made, key));
  const ranking = await rank(system, { sessionId: 'fuzz', limit: 8 });
  const document = await system.edge.ask('/openapi.json');
  return {
    routes: routesOfEdge({
      document: document.json(),
      keys: { publishable: KEYS.publishableKey, secret: KEYS.secretKey },
      secrets: [KEYS.tokenSecret, KEYS.ingestSecret, KEYS.identitySecret!],
      ranking,
      send,
    }),
    async stop() {
      agent.destroy();
      await system.stop();
    },
  };
}
