import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { edgeReadsCrosses } from '../../../backend/models/edge-reads-crosses.ts';
import { crossBudget } from '../../../backend/runs/train/training-job.ts';
import { NEWEST_SCORER_FORMAT } from '../../../shared/format/scorer-bytes.ts';

let server: Server | undefined;
afterEach(() => new Promise<void>((done) => (server ? server.close(() => done()) : done())));

/** An edge that tells this version of itself. */
async function edgeThatSays(version: object, status = 200): Promise<string> {
  server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(version));
  });
  await new Promise<void>((done) => server!.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const crosses = { pairs: 8, weights: 2048 };

test.each([
  ['reads them', { scorerFormat: NEWEST_SCORER_FORMAT }, 200, crosses, undefined],
  ['reads more', { scorerFormat: 99 }, 200, crosses, undefined],
  ['is from before crosses', { weights: 'v000041' }, 200, { pairs: 0, weights: 2048 }, /upgraded/],
  ['reads older formats only', { scorerFormat: 2 }, 200, { pairs: 0, weights: 2048 }, /upgraded/],
  ['answers nothing of use', {}, 500, undefined, /does not answer/],
])('where the edge %s', async (_, version, status, budget, told) => {
  const url = await edgeThatSays(version, status);
  const lines: string[] = [];
  const deps = {
    training: { crosses },
    edgeReadsCrosses: () => edgeReadsCrosses({ edgeUrl: url, secretKey: 'sk' }),
  };
  expect(await crossBudget(deps, (line) => lines.push(line))).toEqual(budget);
  expect(lines).toHaveLength(told === undefined ? 0 : 1);
  if (told !== undefined) expect(lines[0]).toMatch(told);
});

test('where there is no edge, nothing new is learned; and where none are wanted, it is not asked', async () => {
  const url = await edgeThatSays({});
  await new Promise<void>((done) => server!.close(() => done()));
  server = undefined;
  expect(await edgeReadsCrosses({ edgeUrl: url, secretKey: 'sk' })).toBeUndefined();
  const none = { pairs: 0, weights: 1 };
  const deps = {
    training: { crosses: none },
    edgeReadsCrosses: () => Promise.reject(new Error('not to be asked')),
  };
  expect(await crossBudget(deps, () => {})).toEqual(none);
});
