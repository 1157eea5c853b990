import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../shared/explore/random.ts';
import { runs, SEED } from '../../shared/support/seed.ts';
import { FuzzTally } from '../../soak/support/fuzz-at-once.ts';
import type { Asked } from '../../soak/support/asked.ts';
import { routesOfBackend, type RoutesOfBackend } from '../../soak/support/routes-of-backend.ts';
import { startTestBackend, type TestBackend } from '../support/backend.ts';

let backend: TestBackend;
let routes: RoutesOfBackend;
beforeAll(async () => {
  backend = await startTestBackend();
  routes = await routesOfBackend(backend);
});
afterAll(() => backend.close());

/** @returns each kind of fault, with a request that showed it. */
async function faultsIn(times: number, ask: () => Promise<Asked>): Promise<string[]> {
  const said: string[] = [];
  await new FuzzTally().run(runs(times), 4, ask, (line) => said.push(line));
  return said;
}

/** `npm run soak -- routes` asks a million times. */
describe(`every route of the document, from seed ${SEED}`, () => {
  test('refuses who has not the right, whatever is sent, and changes nothing', async () => {
    const random = seededRandom(SEED);
    const before = await routes.stored();
    expect(await faultsIn(400, () => routes.askWithoutRight(random))).toEqual([]);
    expect(await routes.stored()).toBe(before);
  });

  test('answers as it is described, never 5xx, and tells nothing of its inside', async () => {
    const random = seededRandom(SEED + 1);
    expect(await faultsIn(400, () => routes.ask(random))).toEqual([]);
    expect((await backend.call('GET', '/v1/status')).status).toBe(200);
  });
});
