import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../../edge/client/build/bundle.ts';
import { freePort } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';
import { workerdBinary } from '../../support/workerd-binary.ts';
import { KEY, startEdgeLog, type EdgeLog } from './support/edge-log.ts';

let log: EdgeLog;
let dir: string;

beforeAll(async () => {
  log = await startEdgeLog();
  dir = await mkdtemp(join(tmpdir(), 'trimtab-client-servers-'));
  // What is published, as a package without the sources has it.
  await writeFile(join(dir, 'package.json'), '{"type":"module"}');
  for (const name of ['index.js', 'extras.js'] as const)
    await writeFile(join(dir, name), await bundle(name));
});
afterAll(async () => {
  await log?.close();
  await rm(dir, { recursive: true, force: true });
});

/** All that a server can call, and what comes of it. */
const PROGRAM = (url: string) => `
  import { createClient } from './index.js';
  import './extras.js';
  export async function program() {
    const client = createClient({ url: '${url}', key: '${KEY}', consent: 'measure' });
    const stop = client.observe();
    const query = { candidates: ['a', 'b'], timeoutMs: 120000 };
    const nobody = await client.rank(query);
    const somebody = await client.rank({ ...query, sessionId: 'of-a-visitor' });
    const tracked = client.track('save', { itemId: 'b', rankingId: somebody.rankingId });
    await client.flush();
    stop();
    return [nobody.ranked, nobody.consent, somebody.ranked, somebody.consent, tracked];
  }`;
const WANTED = [true, 'none', true, 'measure', true];

test('starts in Node, ranks for nobody where no session is named, and records what it is told', async () => {
  log.clear();
  await writeFile(join(dir, 'program.js'), PROGRAM(log.url));
  await writeFile(
    join(dir, 'main.js'),
    `import { program } from './program.js'; console.log(JSON.stringify(await program()));`,
  );
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(dir, 'main.js')], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual(WANTED);
  expect(await log.untilLogged('save', 1)).toMatchObject([{ itemId: 'b' }]);
});

test('starts in workerd, as a constant of the module, and does the same', async () => {
  log.clear();
  const port = await freePort();
  await writeFile(join(dir, 'program.js'), PROGRAM(log.url));
  await writeFile(
    join(dir, 'worker.js'),
    `import { createClient } from './index.js';
     import { program } from './program.js';
     const atStart = createClient({ url: 'http://127.0.0.1', key: 'k' });
     export default { fetch: async () => Response.json([atStart.consent, ...await program()]) };`,
  );
  const modules = ['worker.js', 'program.js', 'index.js', 'extras.js']
    .map((name) => `(name = "${name}", esModule = embed "${name}")`)
    .join(', ');
  await writeFile(
    join(dir, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
     const config :Workerd.Config = (
       services = [
         (name = "main", worker = (compatibilityDate = "2026-11-01", modules = [${modules}], globalOutbound = "network")),
         (name = "network", network = (allow = ["private", "public"]))
       ],
       sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);`,
  );
  const child = spawn(workerdBinary, ['serve', '--experimental', join(dir, 'config.capnp')], {
    stdio: 'inherit',
  });
  const exited = once(child, 'exit');
  try {
    const answer = await until('workerd answers', async () =>
      (await fetch(`http://127.0.0.1:${port}/`)).json(),
    );
    expect(answer).toEqual(['none', ...WANTED]);
    expect(await log.untilLogged('save', 1)).toMatchObject([{ itemId: 'b' }]);
  } finally {
    child.kill();
    await exited;
  }
});
