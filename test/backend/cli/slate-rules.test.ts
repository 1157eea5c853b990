import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Scope } from '../../../shared/domain/access-key.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { eventually, SECRET_KEY, startTestBackend, type TestBackend } from '../support/backend.ts';
import { runCli } from './support/cli.ts';

const CAPPED = { caps: [{ column: 'country', most: 2 }] };
const PINNED = { pins: [{ id: 'trip-1', position: 3 }] };

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
});
afterAll(() => backend?.close());

const fileOf = (name: string, value: unknown): string => {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, JSON.stringify(value));
  return path;
};
const cli = (...args: string[]) =>
  runCli(args, { TRIMTAB_BACKEND: backend.url, TRIMTAB_KEY: SECRET_KEY });
const keyFor = async (scope: Scope) => {
  const { body } = await backend.call('POST', '/v1/keys', { name: scope, scopes: [scope] });
  return { authorization: `Bearer ${body.key}` };
};
const served = () =>
  ((JSON.parse(backend.kv.text('WEIGHTS/active')!).slateRules ?? []) as { id: string }[]).map(
    ({ id }) => id,
  );
const entries = async () =>
  (await backend.call('GET', '/v1/audit?limit=200')).body.entries as {
    actor: string;
    action: string;
    subject: string;
    details: unknown;
  }[];

test('rules are added, listed and removed in a terminal, and stand in the pointer and the audit log', async () => {
  expect(await cli('slate-rules', 'list')).toMatchObject({
    exitCode: 0,
    stdout: 'No operator asks anything of slates.\n',
  });
  const campaign = fileOf('campaign.json', CAPPED);
  const added = await cli(
    'slate-rules',
    'add',
    campaign,
    '--placement',
    'home',
    '--hours',
    '48',
    '--note',
    'spring',
  );
  expect(added).toMatchObject({ exitCode: 0, stderr: '' });
  expect(added.stdout).toMatch(/^rule-1 holds at home until \d{4}-\S+Z\. Every edge follows/);
  const everywhere = await cli('slate-rules', 'add', fileOf('pin.json', PINNED), '--json');
  expect(JSON.parse(everywhere.stdout)).toMatchObject({
    id: 'rule-2',
    placement: '*',
    rules: PINNED,
    note: null,
    until: null,
  });
  expect(served()).toEqual(['rule-1', 'rule-2']);
  const { stdout } = await cli('slate-rules', 'list');
  expect(stdout).toMatch(
    /^rule-1 {2}home {2}by \S+ since \S+Z until \S+Z: spring\n {2}\{"caps":\[\{"column":"country","most":2\}\]\}\nrule-2 {2}\* {2}by \S+ since \S+Z\n/,
  );
  expect((await cli('slate-rules', 'remove', 'rule-1')).stdout).toBe('rule-1 holds no more.\n');
  expect(served()).toEqual(['rule-2']);
  expect(await cli('slate-rules', 'remove', 'rule-1')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('no rule rule-1 is in force: it ended, or never was'),
  });
  const kept = (await entries()).filter(({ action }) => action.endsWith('slate rule'));
  expect(kept.toReversed().map(({ action, subject }) => [action, subject])).toEqual([
    ['add slate rule', 'rule-1'],
    ['add slate rule', 'rule-2'],
    ['remove slate rule', 'rule-1'],
  ]);
  expect(kept.at(-1)?.details).toMatchObject({ placement: 'home', rules: CAPPED, note: 'spring' });
  await cli('slate-rules', 'remove', 'rule-2');
});

test.each([
  ['--hours', '0', 2, '--hours must be a number above 0'],
  ['--hours', '9000', 1, 'hours'],
  ['--placement', 'Two Words', 2, '--placement must be 1 to 64 lower-case letters'],
])('refuses %s %s', async (option, value, exitCode, said) => {
  const file = fileOf('fine.json', CAPPED);
  expect(await cli('slate-rules', 'add', file, option, value)).toMatchObject({
    exitCode,
    stderr: expect.stringContaining(said),
  });
});

test.each([
  [{}, 'must have caps, quotas, pins or boosts'],
  [{ caps: [{ column: 'country', least: 1 }] }, 'has no field "least"'],
  [{ caps: [{ column: 'contry' }] }, 'rules.caps[0].column: the catalogue has no column "contry"'],
  [{ boosts: [{ where: { column: 'qqq', in: ['a'] }, points: 1 }] }, 'take one of'],
  [
    { quotas: [{ where: { column: 'price', allOf: ['a'] }, least: 1, within: 2 }] },
    'only a set has several values',
  ],
])('refuses the rules %j, and adds nothing', async (rules, said) => {
  const { status, body } = await backend.call('POST', '/v1/slate-rules', { rules });
  expect({ status, detail: JSON.stringify(body) }).toEqual({
    status: 400,
    detail: expect.stringContaining(JSON.stringify(said).slice(1, -1)),
  });
  expect((await backend.call('GET', '/v1/slate-rules')).body).toEqual({ rules: [] });
});

test('whoever may read sees rules, and changes none', async () => {
  const reads = await keyFor('read');
  expect(await backend.call('GET', '/v1/slate-rules', undefined, reads)).toMatchObject({
    status: 200,
    body: { rules: [] },
  });
  const refused = { status: 403, body: { code: 'scope' } };
  const asked = { rules: CAPPED };
  expect(await backend.call('POST', '/v1/slate-rules', asked, reads)).toMatchObject(refused);
  expect(await backend.call('DELETE', '/v1/slate-rules/rule-1', undefined, reads)).toMatchObject(
    refused,
  );
  for (const scope of ['rank', 'events', 'ingest'] as const)
    expect(
      await backend.call('GET', '/v1/slate-rules', undefined, await keyFor(scope)),
    ).toMatchObject(refused);
  const nobody = { authorization: 'Bearer sk_of_nobody' };
  expect(await backend.call('GET', '/v1/slate-rules', undefined, nobody)).toMatchObject({
    status: 401,
  });
  const admin = await keyFor('admin');
  const { body } = await backend.call('POST', '/v1/slate-rules', asked, admin);
  expect(body).toMatchObject({ by: 'admin', placement: '*' });
  const id = `/v1/slate-rules/${body.id}`;
  expect((await backend.call('DELETE', id, undefined, admin)).status).toBe(200);
});

test('what is no rule in force is not found, and what is no id is refused', async () => {
  expect(await backend.call('DELETE', '/v1/slate-rules/rule-999')).toMatchObject({
    status: 404,
    body: { code: 'unknown_rule' },
  });
  for (const id of ['1', 'rule-', 'rule-1x', 'rule-1%20or%201'])
    expect((await backend.call('DELETE', `/v1/slate-rules/${id}`)).status).toBe(400);
});

test('a rule ends by itself, and one of a moment is answered although it is over', async () => {
  const { status, body } = await backend.call('POST', '/v1/slate-rules', {
    rules: PINNED,
    hours: 1e-9,
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({ rules: PINNED, until: expect.any(Number) });
  expect(Number.isInteger(body.until)).toBe(true);
  await eventually(
    async () => (await backend.call('GET', '/v1/slate-rules')).body.rules.length === 0,
  );
  const id = `/v1/slate-rules/${body.id}`;
  expect((await backend.call('DELETE', id)).status).toBe(404);
});

test('rules that come at once are each answered with their own, and there may be fifty', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      backend.call('POST', '/v1/slate-rules', {
        rules: { pins: [{ id: `trip-${i}`, position: i + 1 }] },
        placement: `place-${i}`,
      }),
    ),
  );
  answers.forEach(({ body }, i) =>
    expect(body).toMatchObject({
      placement: `place-${i}`,
      rules: { pins: [{ id: `trip-${i}`, position: i + 1 }] },
    }),
  );
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(20);
  for (let n = 20; n < 50; n++)
    expect((await backend.call('POST', '/v1/slate-rules', { rules: CAPPED })).status).toBe(200);
  expect(await cli('slate-rules', 'add', fileOf('one-more.json', CAPPED))).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('50 rules hold already, and there may be 50: remove one'),
  });
  expect(await backend.call('POST', '/v1/slate-rules', { rules: CAPPED })).toMatchObject({
    status: 409,
    body: { code: 'too_many_rules' },
  });
  expect(served()).toHaveLength(50);
});

const { hash: _, ...plain } = smarttrip;
const schemaWith = (slateRules: unknown) => ({ ...plain, name: 'with-rules', slateRules });
const circle = {
  columns: ['lat', 'lon'],
  within: { lat: 41, lon: -8, km: 20 },
};

test.each([
  [{ '*': { caps: [{ column: 'contry' }] } }, 'slateRules.*.caps[0].column', 'country'],
  [
    { home: { quotas: [{ where: { not: { column: 'qqq', in: ['a'] } }, least: 1, within: 2 }] } },
    'slateRules.home.quotas[0].where.not.column',
    smarttrip.columns[0].name,
  ],
  [
    { home: { boosts: [{ where: { any: [circle] }, points: 2 }] } },
    'slateRules.home.boosts[0].where.any[0].columns[0]',
    'the catalogue has no column "lat"',
  ],
])(
  'a schema whose rules are of columns that it does not have is refused: %j',
  async (slateRules, path, names) => {
    const file = fileOf('schema.json', schemaWith(slateRules));
    for (const verb of ['check', 'apply']) {
      const { exitCode, stderr } = await cli('schema', verb, file);
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain(path);
      expect(stderr).toContain(names);
    }
    const asked = { name: 'with rules', points: {}, schema: schemaWith(slateRules) };
    expect((await backend.call('POST', '/v1/weights', asked)).status).toBe(400);
  },
);

test('a schema with rules of its own columns is valid, levels of a path and places among them', async () => {
  const places = [
    ...plain.columns,
    { name: 'lat', type: 'number' },
    { name: 'lon', type: 'number' },
  ];
  const rules = {
    '*': { caps: [{ column: 'country', most: 3, collapse: true }] },
    home: { boosts: [{ where: circle, points: 2 }], pins: [{ id: 'not-there-yet', position: 1 }] },
  };
  const schema = { ...schemaWith(rules), columns: places };
  expect(await cli('schema', 'check', fileOf('fine-schema.json', schema))).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('is valid: schema with-rules'),
  });
});
