import { eq } from 'drizzle-orm';
import { drizzle, type LibSQLDatabase } from 'drizzle-orm/libsql';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { armKey } from '../../../shared/domain/experiment.ts';
import { parseSessionId, versionOf } from '../../../shared/domain/ids.ts';
import { assign } from '../../../shared/explore/assign.ts';
import { connect } from '../../../backend/store/connect.ts';
import { experimentUnits } from '../../../backend/store/tables.ts';
import { trafficOf } from '../../../backend/experiments/traffic.ts';
import { startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { happened } from '../log/support/log.ts';
import { decisionOf } from '../support/decisions.ts';

const [rules, other] = [versionOf(0), versionOf(1)];
const ARMS = [
  { name: 'control', weight: 50 },
  { name: 'fresh', weight: 50, version: other },
];

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend();
  await backend.call('POST', '/v1/weights', { name: 'other', points: {} });
  await backend.call('POST', '/v1/weights', { name: 'third', points: { base: [0, 1] } });
});
afterAll(() => backend.close());
afterEach(async () => {
  for (const { id, status } of (await backend.call('GET', '/v1/experiments')).body.experiments)
    if (status !== 'stopped') await stop(id);
});

const create = async (asked: object) => {
  const { status, body } = await backend.call(
    'POST',
    '/v1/experiments',
    { name: 'fresh weights', arms: ARMS, ...asked },
    { 'x-trimtab-actor': 'ana' },
  );
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body;
};
const stop = async (id: string) => (await backend.call('POST', `/v1/experiments/${id}/stop`)).body;

/** Looks into the backend's own database. */
async function inDatabase<T>(look: (db: LibSQLDatabase) => Promise<T>): Promise<T> {
  const client = connect(backend.config.database);
  try {
    return await look(drizzle(client));
  } finally {
    client.close();
  }
}

/** What the pointer would carry. */
const traffic = () => inDatabase((db) => trafficOf({ db }));

describe('an experiment over HTTP', () => {
  test('has a salt that its id, which every ranking tells, does not give away', async () => {
    const { id, salt } = await create({});
    expect(salt).toMatch(/^salt_.{20}/);
    expect(salt).not.toContain(id.replace('exp_', ''));
  });

  test('starts with the champion frozen into the arm that named no version', async () => {
    const draft = await create({ traffic: 0.4 });
    expect(draft).toMatchObject({
      status: 'draft',
      layer: 'weights',
      unit: 'session',
      range: [0, 0.4],
      traffic: 0.4,
      minimumPerArm: 1000,
      arms: ARMS,
    });
    expect((await traffic()).layers).toEqual([]);
    const { body } = await backend.call('POST', `/v1/experiments/${draft.id}/start`, {});
    expect(body).toMatchObject({
      status: 'running',
      arms: [{ name: 'control', version: rules }, ARMS[1]],
    });
    const { arms, layers } = await traffic();
    expect(arms).toEqual({
      [armKey(draft.id, 'control')]: rules,
      [armKey(draft.id, 'fresh')]: other,
    });
    const pointer = JSON.parse(backend.kv.text('WEIGHTS/active')!);
    expect(pointer).toMatchObject({ champion: rules, arms, layers });
    expect(layers).toMatchObject([
      { name: 'weights', unit: 'session', experiments: [{ id: draft.id, range: [0, 0.4] }] },
    ]);
    expect(await backend.call('POST', `/v1/experiments/${draft.id}/start`, {})).toMatchObject({
      status: 409,
      body: { code: 'running' },
    });
    await stop(draft.id);
    expect((await traffic()).layers).toEqual([]);
    const { entries } = (await backend.call('GET', '/v1/audit')).body;
    const own = entries.filter(({ subject }: { subject: string }) => subject === draft.id);
    expect(own).toMatchObject([
      { action: 'stop experiment', actor: 'api' },
      { action: 'start experiment', actor: 'api' },
      { action: 'create experiment', actor: 'ana' },
    ]);
  });

  test('may be widened while it runs, and nobody changes arms by it', async () => {
    const { id } = await create({ traffic: 0.2, start: true });
    const beside = await create({ traffic: 0.3, start: true });
    expect(beside.range).toEqual([0.2, 0.5]);
    const before = (await traffic()).layers[0];
    const full = await backend.call('POST', `/v1/experiments/${id}/widen`, { traffic: 0.3 });
    expect(full).toMatchObject({
      status: 409,
      body: { code: 'layer_full', message: expect.stringContaining('30 % free in one piece') },
    });
    const { body } = await backend.call('POST', `/v1/experiments/${beside.id}/widen`, {
      traffic: 0.7,
    });
    expect(body).toMatchObject({ range: [0.2, 0.9], traffic: 0.7 });
    const after = (await traffic()).layers[0];
    for (let n = 0; n < 2000; n++) {
      const visitor = { sessionId: `s${n}` };
      const was = assign(before, visitor);
      if ('arm' in was) expect(assign(after, visitor)).toEqual(was);
    }
    expect(
      (await backend.call('POST', `/v1/experiments/${beside.id}/widen`, { traffic: 0.7 })).body
        .message,
    ).toMatch(/may only grow, from 0.7/);
    await stop(id);
    expect(
      (await backend.call('POST', `/v1/experiments/${beside.id}/widen`, { traffic: 1 })).body.range,
    ).toEqual([0, 1]);
  });

  test('is refused where the layer is full', async () => {
    await create({ traffic: 0.9 });
    const answer = await backend.call('POST', '/v1/experiments', {
      name: 'b',
      arms: ARMS,
      traffic: 0.2,
    });
    expect(answer).toMatchObject({
      status: 409,
      body: { message: expect.stringMatching(/layer weights has no 20 % free .* but 10 %/) },
    });
    expect((await create({ traffic: 0.1 })).range).toEqual([0.9, 1]);
  });

  test('of explorations goes into a layer of its own, which claims after that of weights', async () => {
    const exploration = { temperature: 9, epsilon: 0.1, poolSize: 20 };
    const arms = [ARMS[0], { name: 'bold', weight: 50, exploration }];
    const { layer } = await create({ arms, start: true });
    expect(layer).toBe('exploration');
    const weights = await create({ traffic: 0.1, range: [0, 0.05], start: true }).catch(
      (error: Error) => error.message,
    );
    expect(weights).toMatch(/traffic 0.1 does not fit into the range 0–0.05/);
    const found = await traffic();
    expect(found.arms).toEqual({});
    expect(found.layers[0].experiments[0].arms).toEqual([
      { name: 'control', weight: 50 },
      { name: 'bold', weight: 50, exploration },
    ]);
    const { layers } = (await backend.call('GET', '/v1/layers')).body;
    expect(layers.map(({ name, rank }: Record<string, unknown>) => [name, rank])).toEqual([
      ['weights', 10],
      ['exploration', 20],
    ]);
  });

  test('no more than 20 run at once', async () => {
    for (let n = 0; n < 20; n++) await create({ layer: `l-${n}`, unit: 'user', start: true });
    const last = await create({ layer: 'l-20', unit: 'user' });
    expect(await backend.call('POST', `/v1/experiments/${last.id}/start`, {})).toMatchObject({
      status: 409,
      body: { code: 'too_many_running' },
    });
    expect((await traffic()).layers).toHaveLength(20);
  });

  test('says how much is missing, and then what came out; its report is frozen with it', async () => {
    const { id } = await create({
      start: true,
      minimumPerArm: 60,
      metrics: ['click_through', 'clicks_per_ranking'],
      guardrails: [{ metric: 'click_through', margin: 0.1 }],
    });
    await serve(id, 'control', 50, 10);
    await serve(id, 'fresh', 58, 40);
    const early = (await backend.call('GET', `/v1/experiments/${id}`)).body.report;
    expect(early.analysis.verdict).toContain('not enough data: 50 of 60 sessions');
    expect(early.analysis.comparisons[0].metrics[0].found).toMatchObject({
      kind: 'no-answer',
      message: 'not enough data: 50 of 60 sessions',
    });
    await serve(id, 'control', 150, 30);
    await serve(id, 'fresh', 142, 90);
    const { report, status } = await stop(id);
    expect(status).toBe('stopped');
    expect(report.analysis.arms).toMatchObject([
      { name: 'control', units: 200 },
      { name: 'fresh', units: 200 },
    ]);
    const [clicked] = report.analysis.comparisons[0].metrics;
    expect(clicked).toMatchObject({
      metric: 'click_through',
      control: { units: 200, mean: 0.2 },
      treatment: { units: 200, mean: 0.65 },
    });
    expect(clicked.found.absolute.estimate).toBeCloseTo(0.45, 12);
    expect(report.analysis.comparisons[0].guardrails).toMatchObject([
      { metric: 'click_through', found: { verdict: 'kept' } },
    ]);
    await startedDaysAgo(id, 400);
    const later = (await backend.call('GET', `/v1/experiments/${id}`)).body.report;
    expect(later).toEqual({ ...report, frozen: true });
  });
});

test('before the log is pruned, what running experiments say is frozen', async () => {
  const { id } = await create({ start: true, metrics: ['click_through'] });
  const beside = await create({ layer: 'others', unit: 'session', start: true });
  await serve(id, 'control', 12, 3);
  await serve(id, 'fresh', 9, 3);
  expect((await backend.call('POST', '/v1/data/prune')).status).toBe(200);
  await startedDaysAgo(id, 400);
  const { report } = (await backend.call('GET', `/v1/experiments/${id}`)).body;
  expect(report).toMatchObject({
    frozen: true,
    analysis: { verdict: expect.stringContaining('not enough data: 9 of 1,000 sessions') },
  });
  await serve(id, 'fresh', 10, 3);
  await backend.call('POST', '/v1/data/prune');
  expect((await backend.call('GET', `/v1/experiments/${id}`)).body.report).toEqual(report);
  const draft = await create({ layer: 'drafts', unit: 'session' });
  expect((await backend.call('GET', `/v1/experiments/${draft.id}`)).body.report).toBeNull();
  expect((await backend.call('GET', `/v1/experiments/${beside.id}`)).body.report.frozen).toBe(
    false,
  );
});

/** As if its log had been deleted since. */
async function startedDaysAgo(id: string, days: number): Promise<void> {
  const client = connect(backend.config.database);
  await client.execute({
    sql: 'update experiments set startedAt = ? where id = ?',
    args: [Date.now() - days * 86_400_000, id],
  });
  client.close();
}

test('long after its log is gone, what comes in late is in its report; and in the last one, when all is deleted', async () => {
  const metrics = [
    'click_through',
    { name: 'renewals', kind: 'proportion', numerator: 'outcome.renewal', better: 'higher' },
  ];
  const { id } = await create({ start: true, minimumPerArm: 20, metrics });
  await serve(id, 'control', 30, 10);
  await serve(id, 'fresh', 40, 20);
  await stop(id);
  await startedDaysAgo(id, 200);
  const means = async () => {
    const { report } = (await backend.call('GET', `/v1/experiments/${id}`)).body;
    expect(report.frozen).toBe(true);
    const [{ metrics: read }] = report.analysis.comparisons;
    return read.map(
      ({ control, treatment }: Record<string, { mean: number; units: number }>) =>
        `${control.mean.toFixed(2)} of ${control.units}, ${treatment.mean.toFixed(2)} of ${treatment.units}`,
    );
  };
  expect(await means()).toEqual(['0.33 of 30, 0.50 of 40', '0.00 of 30, 0.00 of 40']);
  const renewals = Array.from({ length: 10 }, (_, n) => ({
    outcomeId: `renewal-${id}-${n}`,
    sessionId: `s-${id.slice(4, 12)}-fresh-40-${n}`,
    metric: 'renewal',
    value: 1,
    at: Date.now(),
  }));
  await backend.call('POST', '/v1/outcomes', renewals);
  const late = ['0.33 of 30, 0.50 of 40', '0.00 of 30, 0.25 of 40'];
  expect(await means()).toEqual(late);
  // A year, and all that waited for its long-term value is over.
  await startedDaysAgo(id, 366);
  await backend.call('POST', '/v1/data/prune');
  expect(await means()).toEqual(late);
  const left = await inDatabase((db) =>
    db.$count(experimentUnits, eq(experimentUnits.experiment, id)),
  );
  expect(left).toBe(0);
});

/** Sessions of their own, each exposed once; `clicked` of them click. */
async function serve(id: string, arm: string, sessions: number, clicked: number): Promise<void> {
  const name = `${id.slice(4, 12)}-${arm}-${sessions}`;
  const at = Date.now() - 5000;
  const decisions = Array.from({ length: sessions }, (_, n) =>
    decisionOf(`${name}-${n}`, {
      at,
      arm: armKey(id, arm),
      sessionId: parseSessionId(`s-${name}-${n}`),
    }),
  );
  const events = decisions
    .slice(0, clicked)
    .map((decision) => happened(decision, 'click', { afterMs: 900 }));
  await send(backend, { batchId: name, decisions, events });
}

describe('refuses, with the reason,', () => {
  const two = (first: object, second: object) => [
    { name: 'a', weight: 1, ...first },
    { name: 'b', weight: 1, ...second },
  ];
  test.each<[string, object, number, string, RegExp]>([
    ['no arms', { arms: undefined }, 400, 'arms', /two arms or more/],
    ['one arm', { arms: [ARMS[0]] }, 400, 'arms', /two arms or more.*has 1/],
    ['nine arms', { arms: Array.from({ length: 9 }, () => ARMS[0]) }, 400, 'arms', /at most 8/],
    [
      'arms that differ in nothing',
      { arms: two({}, {}) },
      400,
      'arms.1.version',
      /differ in nothing/,
    ],
    [
      'the champion against itself',
      { arms: two({}, { version: rules }) },
      400,
      'arms.1.version',
      /arms a and b differ in nothing.*aa/,
    ],
    [
      'a weight of 0',
      { arms: two({ weight: 0 }, { version: other }) },
      400,
      'arms.0.weight',
      /weight of arm a/,
    ],
    [
      'arms of one name',
      { arms: two({ name: 'b' }, { version: other }) },
      400,
      'arms.1.name',
      /name of its own/,
    ],
    [
      'a name with a colon',
      { arms: two({ name: 'a:b' }, { version: other }) },
      400,
      'arms.0.name',
      /not "a:b"/,
    ],
    [
      'an unknown version',
      { arms: two({}, { version: 'v000777' }) },
      404,
      'arms.1.version',
      /no version v000777/,
    ],
    [
      'a version that is none',
      { arms: two({}, { version: 'new' }) },
      400,
      'arms.1.version',
      /v000041/,
    ],
    [
      'three interleaved arms',
      {
        design: 'interleaved',
        arms: [...two({}, { version: other }), { name: 'c', weight: 1, version: 'v000002' }],
      },
      400,
      'design',
      /exactly 2 arms, not 3/,
    ],
    [
      'interleaving of explorations',
      {
        design: 'interleaved',
        arms: two({}, { exploration: { temperature: 1, epsilon: 0, poolSize: 9 } }),
      },
      400,
      'design',
      /compares versions/,
    ],
    [
      'interleaving of an arm in training',
      { design: 'interleaved', arms: two({}, { reward: 'adaptive' }) },
      400,
      'design',
      /cannot be trained/,
    ],
    ['an unknown metric', { metrics: ['joy'] }, 400, 'metrics', /no metric "joy"/],
    [
      'a metric of nothing that is counted',
      { metrics: [{ name: 'x', kind: 'mean', numerator: 'constructor', better: 'higher' }] },
      400,
      'metrics',
      /there is no column "constructor"/,
    ],
    [
      'a ratio without a denominator',
      { metrics: [{ name: 'x', kind: 'ratio', numerator: 'click', better: 'higher' }] },
      400,
      'metrics',
      /has a denominator/,
    ],
    ['a metric twice', { metrics: ['saves', 'saves'] }, 400, 'metrics', /saves is given twice/],
    [
      'a guardrail on what is not measured',
      { metrics: ['saves'], guardrails: [{ metric: 'revenue', margin: 0.1 }] },
      400,
      'guardrails.0.metric',
      /guardrail on revenue/,
    ],
    [
      'a negative margin',
      { guardrails: [{ metric: 'revenue', margin: -1 }] },
      400,
      'guardrails.0.margin',
      /margin of revenue/,
    ],
    ['a minimum under 2', { minimumPerArm: 1 }, 400, 'minimumPerArm', /minimumPerArm.*was 1/],
    ['a minimum that is no number', { minimumPerArm: 2.5 }, 400, 'minimumPerArm', /minimumPerArm/],
    ['no traffic', { traffic: 0 }, 400, 'traffic', /traffic must be a share above 0/],
    ['traffic of more than all', { traffic: 1.5 }, 400, 'traffic', /at most 1/],
    ['a range that runs backwards', { range: [0.5, 0.2] }, 400, 'range', /range must be/],
    [
      'a new layer of no unit',
      { layer: 'brand-new' },
      400,
      'unit',
      /say whether it counts by user/,
    ],
    [
      'another unit for a layer',
      { layer: 'weights', unit: 'user' },
      409,
      'unit',
      /counts by session/,
    ],
    [
      'the layer of rollouts',
      { layer: 'rollout', unit: 'session' },
      400,
      'layer',
      /belongs to the rollouts/,
    ],
    [
      'a horizon of what is no outcome',
      {
        metrics: [
          { name: 'c', kind: 'mean', numerator: 'click', better: 'higher', horizonDays: 3 },
        ],
      },
      400,
      'metrics',
      /metric c: only a mean or a proportion of an outcome has horizonDays/,
    ],
    [
      'a horizon of no days',
      {
        metrics: [
          { name: 'v', kind: 'mean', numerator: 'outcome.v', better: 'higher', horizonDays: 0 },
        ],
      },
      400,
      'metrics',
      /metric v: horizonDays must lie in \(0, 3650\], but was 0/,
    ],
    ['arms and a self-test', { selfTest: 'value' }, 400, 'arms', /has its own arms/],
    [
      'a self-test of no outcome',
      { arms: undefined, selfTest: 'No Name' },
      400,
      'metrics',
      /metric's name/,
    ],
    ['a field that does not exist', { shares: 1 }, 400, '', /shares/],
  ])('%s', async (_, asked, status, path, message) => {
    const answer = await backend.call('POST', '/v1/experiments', {
      name: 'x',
      arms: ARMS,
      ...asked,
    });
    const details = [{ path, message: expect.any(String) }];
    expect(answer).toMatchObject({
      status,
      body: { message: expect.stringMatching(message), details },
    });
  });

  test('more than a layer has left, by the field that asks for it', async () => {
    await create({ layer: 'small', unit: 'session', traffic: 0.9 });
    const asked = { name: 'x', arms: ARMS, layer: 'small', traffic: 0.2 };
    expect(await backend.call('POST', '/v1/experiments', asked)).toMatchObject({
      status: 409,
      body: { code: 'layer_full', details: [{ path: 'traffic' }] },
    });
  });

  test('overlapping ranges', async () => {
    await create({ range: [0.2, 0.6] });
    expect(
      await backend.call('POST', '/v1/experiments', { name: 'x', arms: ARMS, range: [0.5, 0.7] }),
    ).toMatchObject({ status: 400, body: { message: expect.stringContaining('overlap') } });
  });

  test('unless it says that it is an A/A test, which serves the champion in both arms', async () => {
    const arms = [
      { name: 'a', weight: 1 },
      { name: 'b', weight: 1 },
    ];
    const { id } = await create({ arms, aa: true, start: true });
    expect((await traffic()).arms).toEqual({ [armKey(id, 'a')]: rules, [armKey(id, 'b')]: rules });
  });

  test('to start while the pointer is held: nobody would see it', async () => {
    const { id } = await create({});
    await backend.call('POST', `/v1/weights/${rules}/rollback`, {});
    expect(await backend.call('POST', `/v1/experiments/${id}/start`, {})).toMatchObject({
      status: 409,
      body: { code: 'on_hold', message: expect.stringContaining('release first') },
    });
    const atOnce = { name: 'x', arms: ARMS, layer: 'other', unit: 'user', start: true };
    expect((await backend.call('POST', '/v1/experiments', atOnce)).body.message).toMatch(
      /release first \(exp_.* stays a draft\)/,
    );
    await backend.call('POST', '/v1/weights/release', {});
    expect((await backend.call('POST', `/v1/experiments/${id}/start`, {})).status).toBe(200);
  });

  test('to be started or stopped while the edge is down, and then nothing has changed', async () => {
    const { id } = await create({});
    const statusOf = async () => (await backend.call('GET', `/v1/experiments/${id}`)).body.status;
    backend.kv.failures = Infinity;
    const start = await backend.call('POST', `/v1/experiments/${id}/start`, {});
    backend.kv.failures = 0;
    expect(start.status).toBeGreaterThanOrEqual(500);
    expect(await statusOf()).toBe('draft');
    await backend.call('POST', `/v1/experiments/${id}/start`, {});
    backend.kv.failures = Infinity;
    const stopped = await backend.call('POST', `/v1/experiments/${id}/stop`);
    backend.kv.failures = 0;
    expect(stopped.status).toBeGreaterThanOrEqual(500);
    expect(await statusOf()).toBe('running');
  });

  test('to start what has become the same meanwhile', async () => {
    const { id } = await create({});
    await backend.call('POST', `/v1/weights/${other}/promote`);
    expect(await backend.call('POST', `/v1/experiments/${id}/start`, {})).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('differ in nothing') },
    });
    await backend.call('POST', `/v1/weights/${rules}/promote`);
  });
});

describe('the sample size', () => {
  const size = async (asked: object) =>
    (await backend.call('POST', '/v1/experiments/size', asked)).body;
  const ratio = {
    kind: 'ratio',
    numerator: { mean: 2, variance: 9 },
    denominator: { mean: 5, variance: 16 },
    covariance: 6,
  };
  test('of a rate is that of the tables for one look, and about twice that to be read daily', async () => {
    // Fleiss (1981): 5 % to 6 %, 80 % power.
    expect(
      await size({ baseline: { kind: 'proportion', rate: 0.05 }, mde: 0.2, perDay: 1000 }),
    ).toEqual({
      perArm: 16_897,
      total: 33_794,
      oneLook: 8158,
      effect: expect.closeTo(0.01, 12),
      minimumPerArm: 1000,
      days: 34,
    });
  });

  test('of a ratio is by its delta-method variance', async () => {
    const variance = (9 - 2 * 0.4 * 6 + 0.16 * 16) / 25;
    const reach = 1.959963984540054 + 0.8416212335729143;
    const { oneLook } = await size({ baseline: ratio, mde: 0.02, relative: false });
    expect(oneLook).toBe(Math.ceil((2 * variance * reach ** 2) / 0.02 ** 2));
  });

  test('grows with the arms that are compared', async () => {
    const asked = { baseline: { kind: 'mean', mean: 10, variance: 400 }, mde: 0.05 };
    const [two, four] = [await size(asked), await size({ ...asked, arms: 4 })];
    expect(four.oneLook).toBeGreaterThan(two.oneLook * 1.2);
    expect(four.perArm).toBeGreaterThan(two.perArm * 1.15);
    expect(four.total).toBe(four.perArm * 4);
  });

  test.each([
    [
      { baseline: { kind: 'proportion', rate: 0.9 }, mde: 0.2 },
      /the rates must differ and be between 0 and 1/,
    ],
    [{ baseline: { kind: 'mean', mean: 0, variance: 1 }, mde: 0.2 }, /mean of 0/],
    [
      { baseline: { kind: 'proportion', rate: 0.1 }, mde: 0.2, power: 0.01 },
      /power must be between/,
    ],
    [{ baseline: { kind: 'mean', mean: 1, variance: 1 }, mde: 0 }, /mde/],
  ])('%j is refused', async (asked, message) => {
    expect(await size(asked)).toMatchObject({ message: expect.stringMatching(message) });
  });
});
