import { execFile } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEMO } from '../../backend/config/demo.ts';
import definition from '../../shared/features/smarttrip.json' with { type: 'json' };
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { runCli } from '../backend/cli/support/cli.ts';
import { call, clickOn, rank } from '../support/client.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGES = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT }).toSorted();

/** The lines of every `sh` block of the documentation, continued lines joined and comments left out. */
const DOCUMENTED = PAGES.flatMap((page) =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block]) =>
    block
      .replaceAll('\\\n', ' ')
      .split(/\n(?=(?:npx|npm|curl|node|git|docker|sudo)\b)/)
      .map((line) => line.replace(/\s{2,}#.*$/s, '').trim())
      .filter((line) => line !== ''),
  ),
);

/** Not run here, and why. */
const ELSEWHERE: readonly (readonly [RegExp, string])[] = [
  [/^npm ci\b/, 'CI runs it in a clone of its own'],
  [/^npm (test|run (check|fix))$/, 'it is what runs this test, or would change the sources'],
  [/^npm run (dev|bench)\b/, 'reload-on-change.test.ts; benchmarks take minutes'],
  [/^npm run simulate\b/, 'simulation.test.ts runs some of its worlds'],
  [/^npm run demo$/, 'demo.test.ts tells the same story in less time'],
  [/^npx trimtab init\b/, 'init.test.ts: it starts a system of its own'],
  [/^npx trimtab import .*--complete$/, 'import.test.ts: later commands need the other items'],
  [/--remote$/, 'it needs an account'],
  [/^npx wrangler login$/, 'it needs an account, and a browser'],
  [/^npm run deploy\b/, 'deploy.test.ts: the real build, and an account that it can change'],
  [/^docker /, 'container.test.ts starts what the image holds; the engine itself is not there'],
  [/^sudo /, 'container.test.ts has the unit checked; nothing is installed on this machine'],
  [
    /^npx wrangler kv .*--local/,
    'it reads what `npm start` keeps, and this system is a bare workerd',
  ],
  [
    /^(?:TRIMTAB_DIR="\$NEW_PLACE" )?npx trimtab (backup|restore) /,
    'backup.test.ts: both, while a system runs',
  ],
  [/^npx trimtab metric-weights (learn|backtest) \S+\.gz/, 'learn-file.test.ts: it needs the file'],
  [/^(?:body=|curl .*\/v1\/items\/changes)/, 'they belong together: a test below runs the block'],
  [/^TRIMTAB_ROLES=ingest /, 'roles.test.ts: it needs a database and a bucket elsewhere'],
  [/^node_modules\/\.bin\/node test\/bench\//, 'benchmarks take minutes'],
  [/^node receiver\.mjs/, 'traces.test.ts has a receiver of its own'],
];

/** What a command answers on a system of a few minutes, where that is not success. */
const REFUSED: readonly (readonly [RegExp, RegExp])[] = [
  [/^npx trimtab evaluate/, /ranking/],
  [/^npx trimtab metric-weights withdraw/, /nothing|no override|none/i],
  [/^npx trimtab metric-weights learn-now/, /target/],
  [/--self-test/, /target/],
  [/^npx trimtab decisions show/, /the log has no ranking/],
  // feeds.test.ts reads one.
  [/^npx trimtab feeds read/, /there is no feed "products"/],
  [/^npx trimtab train --placement/, /not enough data/],
  // The configuration still names it: placements.test.ts ends one.
  [/^npx trimtab placements end/, /take it out of "placements"/],
  // alerts.test.ts sends one.
  [/^npx trimtab alerts test/, /no channel is set/],
];

/** What may be refused on such a system, and the reason. */
const MAY_BE_REFUSED: readonly (readonly [RegExp, RegExp])[] = [
  [/^npx trimtab train (?!--placement).*--wait/, /is not going live: stored, not promoted/],
];

const CATALOGUE_SECRET = 'a-secret-of-the-catalogue-for-tests';

let system: System;
let settings: Record<string, string>;

/** A catalogue, the version that a demo learns first, on its way, and clicks enough for the demo's minimum of data. */
beforeAll(async () => {
  system = await startSystem({
    config: { ...DEMO, placements: { home: {} } },
    edgeEnv: { DROP_IN: 'personalizer,metarank' },
    backendEnv: { TRIMTAB_CATALOGUE_SECRET: CATALOGUE_SECRET },
  });
  settings = {
    TRIMTAB_DIR: system.directory,
    TRIMTAB_BACKEND: system.backend.url,
    TRIMTAB_KEY: system.keys.secretKey,
  };
  const items = demoCatalogue(60, 1, Date.now());
  // The pages name trips as they are in the whole demo.
  const named = ['trip-00001', 'trip-00002', 'trip-00003', 'trip-00042'].map((id) => ({
    ...items[0],
    id,
  }));
  await call(system, 'PUT', '/v1/items', [...items, ...named]);
  writeFiles(system.directory);
  await call(system, 'POST', '/v1/weights', { name: 'the first', points: {} });
  await call(system, 'POST', '/v1/rollouts', { version: 'v000001', force: true });
  await until('the edge has the catalogue', async () => {
    const { items: shown } = await rank(system, { sessionId: 'first' });
    return shown.length > 0;
  });
  await until('it is published which items are alike', async () => {
    const { isKnown } = await call<{ isKnown: boolean }>(
      system,
      'GET',
      '/v1/items/trip-00042/related',
    );
    return isKnown;
  });
  for (let i = 0; i < 150; i++) {
    const ranking = await rank(system, { sessionId: `s-${i}`, limit: 5 });
    const events = [clickOn(ranking, ranking.items[i % 5].id)];
    await system.edge.ask('/v1/events', { key: system.keys.publishableKey, body: events });
  }
  await until('the backend has the clicks', async () => {
    const { counts } = await call<{ counts: { events: number } }>(system, 'GET', '/v1/status');
    return counts.events >= 150;
  });
});
afterAll(() => system?.stop());

/** The files that the commands name, in the folder that they run in. */
function writeFiles(folder: string): void {
  const write = (name: string, content: string | Uint8Array) =>
    writeFileSync(join(folder, name), content);
  const products = 'id;themes;price;status\np1;hiking|food;900;open\np2;food;1200;open\n';
  write('products.csv', products);
  write('products.csv.gz', gzipSync(products));
  write('prices.csv', 'sku,price,year,month,day\np1,"€1,500",2027,5,6\np2,900 EUR,2027,5,7\n');
  write(
    'orders.csv',
    'orderId,kind,value,at,itemId,userId\nB-7,refund,900,2026-11-29T09:00:00Z,,\n',
  );
  write('variants.csv', 'id,themes,price\np3,food,10\np3,hiking,12\n');
  const quota = { where: { column: 'continent', in: ['Africa'] }, least: 1, within: 10 };
  write('campaign.json', JSON.stringify({ quotas: [quota] }));
  write('mine.json', JSON.stringify({ ...definition, rules: { base: [0, 10] } }));
}

/** Words of a shell line, quotes taken off. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c);

test('there are commands, and each of a kind is known', () => {
  expect(DOCUMENTED.length).toBeGreaterThan(25);
  for (const [pattern] of [...ELSEWHERE, ...REFUSED, ...MAY_BE_REFUSED])
    expect(
      DOCUMENTED.filter((line) => pattern.test(line)),
      String(pattern),
    ).not.toEqual([]);
});

describe('commands of the documentation', () => {
  const here = DOCUMENTED.filter((line) => !ELSEWHERE.some(([pattern]) => pattern.test(line)));

  /** In the order of the pages: what one command sets, the next one meets. */
  let isApprentice = false;
  test.each(here)('%s', async (line) => {
    if (line.startsWith('curl ')) return answers(line);
    const { exitCode, stdout, stderr } = await runCli(wordsOf(line).slice(2), settings);
    isApprentice = /^npx trimtab apprentice (on|off)$/.test(line)
      ? line.endsWith(' on')
      : isApprentice;
    const refused = REFUSED.find(([pattern]) => pattern.test(line));
    const mayBe = MAY_BE_REFUSED.find(([pattern]) => pattern.test(line));
    if (mayBe !== undefined && exitCode !== 0) expect(stderr).toMatch(mayBe[1]);
    else if (refused === undefined) {
      expect(exitCode, stderr).toBe(0);
      // What goes into a file is not on stdout; that it is written is said on stderr.
      expect(stdout + stderr).not.toBe('');
    } else {
      expect(exitCode, stdout).not.toBe(0);
      expect(stdout + stderr).toMatch(refused[1]);
    }
  });

  /** What the latest ranking on the page was answered. */
  let latest: { rankingId: string; token: string; items: { id: string }[] } | undefined;

  async function answers(line: string): Promise<void> {
    const words = wordsOf(line)
      .slice(1)
      .map((word) =>
        word
          .replace('http://127.0.0.1:8787', system.edge.url)
          .replace('http://127.0.0.1:8788', system.backend.url)
          .replace('$TRIMTAB_KEY', system.keys.secretKey)
          .replace('pk_…', system.keys.publishableKey)
          .replace('sk_…', system.keys.secretKey),
      );
    if (line.includes('sk_…') || line.includes('$TRIMTAB_KEY')) return isTaken(words);
    if (line.includes('/v1/events')) return isCounted(words);
    if (line.endsWith('/openapi.json')) return isDescribed(words);
    if (line.includes('"cursor"')) return goesOn(words);
    const keepsOrder = isApprentice && line.includes('"candidates"');
    await until('it is answered as the page says', async () => {
      const { stdout } = await promisify(execFile)('curl', words);
      const answer = JSON.parse(stdout);
      expect(answer).toMatchObject({ weights: expect.any(String) });
      latest = answer;
      return (answer.siteOrder === true) === keepsOrder;
    });
  }

  /** The next page, by the cursor of the page before it, which a page of the documentation cannot foresee. */
  async function goesOn(words: readonly string[]): Promise<void> {
    const asking = async (what: string) => {
      const own = words.map((word) => word.replace('"cursor": "…"', what));
      expect(own).not.toEqual(words);
      const { stdout } = await promisify(execFile)('curl', own);
      return JSON.parse(stdout) as { cursor: string; items: { id: string }[] };
    };
    const first = await asking('"paging": true');
    const next = await asking(`"cursor": ${JSON.stringify(first.cursor)}`);
    const ids = [...first.items, ...next.items].map(({ id }) => id);
    expect(ids).toHaveLength(20);
    expect(new Set(ids).size).toBe(20);
  }

  /** Requests of other systems: rewards are answered without a body, and errors have one of their own. */
  async function isTaken(words: readonly string[]): Promise<void> {
    const { stdout } = await promisify(execFile)('curl', ['-f', ...words]);
    if (stdout !== '') expect(JSON.parse(stdout)).not.toHaveProperty('code');
  }

  async function isDescribed(words: readonly string[]): Promise<void> {
    const { stdout } = await promisify(execFile)('curl', [...words]);
    expect(JSON.parse(stdout)).toMatchObject({ openapi: '3.1.0' });
  }

  /** With the ids and the token of the ranking before it, which a page cannot foresee. */
  async function isCounted(words: readonly string[]): Promise<void> {
    const { rankingId, token, items } = latest!;
    const own = words.map((word) =>
      word
        .replace('e1d20755-…', rankingId)
        .replace('"token":"…"', `"token":"${token}"`)
        .replace('trip-03137', items[0].id)
        .replace('2026-11-29T10:00:00Z', new Date().toISOString()),
    );
    expect(own).not.toEqual(words);
    const { stdout } = await promisify(execFile)('curl', own);
    expect(JSON.parse(stdout)).toMatchObject({ accepted: 1, rejected: [] });
  }

  test('changes of the catalogue, signed as the page says', async () => {
    const page = readFileSync(join(ROOT, 'docs/own-catalogue.md'), 'utf8');
    const [, block] = /```sh\n(body=.*?)```/s.exec(page)!;
    const script = block.replace('http://127.0.0.1:8788', system.backend.url);
    const env = { ...process.env, TRIMTAB_CATALOGUE_SECRET: CATALOGUE_SECRET };
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { env });
    expect(JSON.parse(stdout)).toMatchObject({ taken: 1, stale: 0 });
  });

  test('no other program is named', () => {
    expect(here.filter((line) => !/^(npx trimtab|curl) /.test(line))).toEqual([]);
  });
});
