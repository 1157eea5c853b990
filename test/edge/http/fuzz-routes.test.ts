import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { seededRandom } from '../../../shared/explore/random.ts';
import type { Asked } from '../../soak/support/asked.ts';
import { FuzzTally } from '../../soak/support/fuzz-at-once.ts';
import type { Random } from '../../soak/support/mutate.ts';
import { routesOfEdge, type RoutesOfEdge } from '../../soak/support/routes-of-edge.ts';
import { coldIsolate, PUBLISHABLE, SECRET } from '../support/edge.ts';
import { publishItems, publishScorer } from '../support/publish.ts';
import { rank } from '../support/rank.ts';
import { openTrips } from '../support/trips.ts';

const { seed: SEED, times: TIMES } = inject('fuzz');
let routes: RoutesOfEdge;
/** How often anything was sent to the log. */
let logged = 0;

beforeAll(async () => {
  await publishItems(openTrips(20));
  await publishScorer('v000001');
  const { EVENT_LOG } = env;
  // Items of Metarank's feedback go on to the backend, which is not there.
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const isolate = coldIsolate({
    DROP_IN: 'personalizer, metarank',
    EVENT_LOG: {
      idFromName: (name: string) => EVENT_LOG.idFromName(name),
      get(id: DurableObjectId) {
        logged++;
        return EVENT_LOG.get(id);
      },
    },
  });
  routes = routesOfEdge({
    document: await (await isolate.fetch('/openapi.json')).json(),
    keys: { publishable: PUBLISHABLE, secret: SECRET },
    secrets: [env.TOKEN_SECRET!, env.INGEST_SECRET!, env.IDENTITY_SECRET!],
    ranking: await rank(isolate, { sessionId: 'fuzz', limit: 8 }),
    async send({ method, path, headers, body }, key) {
      // A name that stands twice is one list, as over HTTP.
      const sent = new Headers();
      for (const [name, value] of headers) sent.append(name, value);
      if (key !== undefined) sent.set('authorization', key);
      const mayHaveBody = body !== undefined && method !== 'GET' && method !== 'HEAD';
      const response = await isolate.fetch(path, {
        method,
        headers: Object.fromEntries(sent),
        ...(mayHaveBody && { body }),
      });
      const text = await response.text();
      return { status: response.status, type: response.headers.get('content-type') ?? '', text };
    },
  });
});
afterEach(() => vi.restoreAllMocks());

/** `npm run soak -- routes` asks a million times. */
describe(`every route of the document, from seed ${SEED}`, () => {
  const faultsOf = async (ask: (random: Random) => Promise<Asked>): Promise<string[]> => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const random = seededRandom(SEED);
    const [tally, said] = [new FuzzTally(), [] as string[]];
    await tally.run(
      300 * TIMES,
      4,
      () => ask(random),
      (line) => said.push(line),
    );
    return said;
  };

  it('refuses who has no key, whatever is sent, and logs nothing', async () => {
    const before = logged;
    expect(await faultsOf((random) => routes.askWithoutRight(random))).toEqual([]);
    expect(logged).toBe(before);
  });

  it('answers as it is described, never 5xx, and tells nothing of its inside', async () => {
    const before = logged;
    expect(await faultsOf((random) => routes.ask(random))).toEqual([]);
    expect(logged).toBeGreaterThan(before);
  });
});
