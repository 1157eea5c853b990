import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { followRamps } from '../../../backend/experiments/follow-ramps.ts';
import { awaited, nextStep, objections, rampOf } from '../../../backend/experiments/ramp.ts';
import { collect } from '../../../backend/experiments/collect-statistics.ts';
import { experimentsOf, type Experiments } from '../../../backend/experiments/experiments.ts';
import { readExperiment } from '../../../backend/experiments/read-experiments.ts';
import type { ReportDeps } from '../../../backend/experiments/reports.ts';
import { audit } from '../../../backend/store/tables.ts';
import { versionOf } from '../../../shared/domain/ids.ts';
import { assign } from '../../../shared/explore/assign.ts';
import { startTestBackend, type TestBackend } from '../support/backend.ts';
import { happened, NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';
import { runningExperiment } from './support/experiment-log.ts';

const HOUR = 3_600_000;

describe('a ramp', () => {
  test('is refused where it is none, with the step that is wrong', () => {
    for (const [ramp, message, path] of [
      [[{ traffic: 0.1 }], /2 to 20 steps/, 'ramp'],
      [
        [{ traffic: 0.1 }, { traffic: 0.1, afterHours: 1 }],
        /ramp\[1\].*more than/,
        'ramp.1.traffic',
      ],
      [[{ traffic: 0.1 }, { traffic: 0.2 }], /ramp\[1\] needs a condition/, 'ramp.1'],
      [
        [
          { traffic: 0.1, afterHours: 1 },
          { traffic: 0.2, afterHours: 1 },
        ],
        /ramp\[0\]/,
        'ramp.0',
      ],
      [[{ traffic: 0 }, { traffic: 0.2, afterHours: 1 }], /above 0/, 'ramp.0.traffic'],
      [[{ traffic: 0.1 }, { traffic: 1.2, afterHours: 1 }], /at most 1/, 'ramp.1.traffic'],
      [[{ traffic: 0.1 }, { traffic: 0.2, afterHours: -1 }], /afterHours/, 'ramp.1.afterHours'],
      [
        [{ traffic: 0.1 }, { traffic: 0.2, afterSearches: 1.5 }],
        /afterSearches/,
        'ramp.1.afterSearches',
      ],
      [[{ traffic: 0.1 }, { traffic: 0.2, at: 'soon' }], /ramp\[1\].at/, 'ramp.1.at'],
    ] as const)
      expect(() => rampOf(ramp)).toThrow(
        expect.objectContaining({
          message: expect.stringMatching(message),
          details: [{ path, message: expect.any(String) }],
        }),
      );
  });

  test('waits for all that a step asks for, counted from the step before it', () => {
    const ramp = {
      ...rampOf([{ traffic: 0.1 }, { traffic: 0.2, afterHours: 2, afterSearches: 9 }]),
      since: NOON,
    };
    const step = nextStep(ramp, 0.1)!;
    const at = (hours: number, searches: number) =>
      awaited(ramp, step, { nowMs: NOON + hours * HOUR, searches });
    expect(at(1, 100)).toMatch(/due at/);
    expect(at(2, 8)).toMatch(/8 of 9/);
    expect(at(2, 9)).toBeUndefined();
    expect(nextStep(ramp, 0.2)).toBeUndefined();
    // Whoever widened it by hand took the steps on the way.
    expect(nextStep(ramp, 0.15)).toBe(step);
  });

  test('is spoken against by what is certain, and not by what is not known yet', () => {
    const srm = { kind: 'srm', mismatch: true, pValue: 1e-9 } as const;
    const open = { kind: 'no-answer', reason: 'not-enough-data', message: 'few' } as const;
    const guardrail = (found: object) => [
      { treatment: 'b', guardrails: [{ metric: 'm', margin: 0.01, found }] },
    ];
    const against = (report: object) => objections(report as Parameters<typeof objections>[0]);
    expect(against({ srm: open, comparisons: guardrail(open) })).toEqual([]);
    const broken = { kind: 'guardrail', verdict: 'broken', leastHarm: 0.2 };
    expect(against({ srm, comparisons: guardrail(broken) })).toEqual([
      expect.stringMatching(/sizes do not match/),
      expect.stringMatching(/b breaks its guardrail: m is at least 20 % worse/),
    ]);
  });
});

describe('experiments that grow by a ramp', () => {
  let log: Log;
  let experiments: Experiments;
  let nowMs: number;
  const said: string[] = [];
  beforeEach(async () => {
    log = await openLog(NOON);
    nowMs = NOON;
    said.length = 0;
    experiments = experimentsOf({
      layerAt: () => undefined,
      store: log.store,
      refreshTraffic: async () => {},
      weightsInForce: async () => 0,
      ownMetrics: [],
      nowMs: () => nowMs,
    });
  });
  afterEach(() => log.close());

  /** @param whileRead is done between what is read of the log and what follows from it. */
  const follow = async (whileRead: () => Promise<unknown> = async () => {}) => {
    const reports = {
      store: log.store,
      collect: async (one: Parameters<ReportDeps['collect']>[0]) => {
        await log.update();
        const found = await collect(log.store, one);
        await whileRead();
        return found;
      },
      account: '',
      weightsOf: async () => undefined,
      retentionDays: 1000,
      keptDays: 1000,
      nowMs: () => nowMs,
    } as unknown as ReportDeps;
    await followRamps({
      store: log.store,
      account: { update: () => log.update() },
      reports,
      experiments,
      log: (line) => said.push(line),
      nowMs: () => nowMs,
    });
    return readExperiment(log.store, 'exp_1');
  };
  const running = (guardrails: { metric: string; margin: number }[] = []) =>
    runningExperiment(log.store, {
      rangeTo: 0.5,
      traffic: 0.02,
      minimumPerArm: 50,
      guardrails,
      startedAt: NOON,
      ramp: {
        ...rampOf([
          { traffic: 0.01 },
          { traffic: 0.05, afterHours: 1 },
          { traffic: 0.5, afterSearches: 300 },
        ]),
        since: NOON,
      },
    });
  /** Sessions of one ranking each, of which a share clicks. */
  const sessions = async (arm: string, n: number, clickShare: number) => {
    const decisions = Array.from({ length: n }, (_, i) =>
      rankingOf(`${arm}-${i}`, NOON + HOUR + 1000 * i, { arm: `exp_1:${arm}` }),
    );
    const clicks = decisions.filter((_, i) => (i * clickShare) % 1 > 1 - clickShare);
    await log.add(
      decisions,
      clicks.map((one) => happened(one, 'click')),
    );
  };
  const audited = async () =>
    (await log.store.db.select().from(audit)).map(({ actor, action }) => `${actor}: ${action}`);

  test('take each step when it is due, and no other; each is in the audit log', async () => {
    await running();
    expect((await follow()).traffic).toBe(0.02);
    nowMs += HOUR;
    expect(await follow()).toMatchObject({ traffic: 0.1, ramp: { since: nowMs } });
    nowMs += 100 * HOUR;
    expect((await follow()).traffic).toBe(0.1);
    await sessions('control', 150, 0.3);
    await sessions('treatment', 149, 0.3);
    expect((await follow()).traffic).toBe(0.1);
    await log.add([rankingOf('last', NOON + 2 * HOUR, { arm: 'exp_1:treatment' })], []);
    expect(await follow()).toMatchObject({ traffic: 1, rangeFrom: 0, rangeTo: 0.5 });
    expect((await follow()).traffic).toBe(1);
    expect(await audited()).toEqual(['ramp: widen experiment', 'ramp: widen experiment']);
    expect(said).toHaveLength(2);
  });

  test('are held where a guardrail is broken for certain, until a person lets them go on', async () => {
    await running([{ metric: 'click_through', margin: 0.01 }]);
    await sessions('control', 900, 0.6);
    await sessions('treatment', 900, 0.2);
    nowMs += HOUR;
    const { traffic, ramp } = await follow();
    expect([traffic, ramp?.held]).toEqual([
      0.02,
      { by: 'ramp', at: nowMs, reason: expect.stringMatching(/click_through is at least/) },
    ]);
    await follow();
    expect(said).toHaveLength(1);
    await expect(experiments.holdRamp('exp_1', 'ana', 'again')).rejects.toThrow(/held already/);
    nowMs += HOUR;
    expect((await experiments.resumeRamp('exp_1', 'ana')).ramp).toMatchObject({ since: nowMs });
    expect(await audited()).toEqual(['ramp: hold ramp', 'ana: resume ramp']);
  });

  test('are held where arms do not have the sizes that they should', async () => {
    await running();
    await sessions('control', 700, 0.3);
    await sessions('treatment', 300, 0.3);
    nowMs += HOUR;
    expect((await follow()).ramp?.held?.reason).toMatch(/sizes do not match/);
  });

  test('stay where a person holds them', async () => {
    await running();
    await experiments.holdRamp('exp_1', 'ana', 'a holiday');
    nowMs += 10 * HOUR;
    expect((await follow()).traffic).toBe(0.02);
    await experiments.resumeRamp('exp_1', 'ana');
    expect((await follow()).traffic).toBe(0.02);
    nowMs += HOUR;
    expect((await follow()).traffic).toBe(0.1);
    await expect(experiments.resumeRamp('exp_1', 'ana')).rejects.toThrow(/not held/);
  });

  test('a hold that comes while the log is read lets no step follow', async () => {
    await running();
    nowMs += HOUR;
    const { traffic, ramp } = await follow(() => experiments.holdRamp('exp_1', 'ana', 'now'));
    expect([traffic, ramp?.held?.by]).toEqual([0.02, 'ana']);
    expect(await audited()).toEqual(['ana: hold ramp']);
    expect(said).toEqual([expect.stringMatching(/not followed.*changed meanwhile/)]);
    await experiments.resumeRamp('exp_1', 'ana');
    nowMs += HOUR;
    expect((await follow()).traffic).toBe(0.1);
  });

  test('a person who widens while the log is read takes the step, and nobody takes it twice', async () => {
    await running();
    nowMs += HOUR;
    const { traffic, ramp } = await follow(() => experiments.widen('exp_1', 0.05, 'ana'));
    expect([traffic, ramp?.since]).toEqual([0.1, nowMs]);
    expect(await audited()).toEqual(['ana: widen experiment']);
  });
});

describe('over HTTP', () => {
  let backend: TestBackend;
  beforeAll(async () => {
    backend = await startTestBackend();
    await backend.call('POST', '/v1/weights', { name: 'other', points: {} });
  });
  afterAll(() => backend.close());
  const arms = [
    { name: 'control', weight: 50 },
    { name: 'fresh', weight: 50, version: versionOf(1) },
  ];

  test('an experiment starts with the first step in a range of the last one, and who is in stays in their arm', async () => {
    const ramp = [
      { traffic: 0.01 },
      { traffic: 0.05, at: '2027-01-08' },
      { traffic: 0.5, afterSearches: 9 },
    ];
    const { status, body } = await backend.call('POST', '/v1/experiments', {
      name: 'slowly',
      arms,
      ramp,
      start: true,
    });
    expect([status, body]).toMatchObject([
      201,
      {
        traffic: 0.01,
        range: [0, 0.5],
        ramp: { since: expect.any(Number), steps: [{}, { at: Date.UTC(2027, 0, 8) }, {}] },
      },
    ]);
    const path = `/v1/experiments/${body.id}`;
    const armsAt = (traffic: number) => {
      const [rangeFrom, rangeTo] = body.range;
      const layer = {
        salt: 'layer',
        unit: 'session',
        experiments: [
          {
            id: body.id,
            salt: body.salt,
            status: 'running',
            range: [rangeFrom, rangeTo],
            traffic: traffic / 0.5,
            arms: body.arms,
          },
        ],
      };
      return Array.from({ length: 5000 }, (_, i) => assign(layer as never, { sessionId: `s${i}` }));
    };
    const [small, large] = [armsAt(0.01), armsAt(0.05)];
    const inSmall = small.flatMap((one, i) => ('arm' in one ? [i] : []));
    expect(inSmall.length).toBeGreaterThan(10);
    for (const i of inSmall) expect(large[i]).toEqual(small[i]);
    expect(large.filter((one) => 'arm' in one).length).toBeGreaterThan(inSmall.length);

    const held = await backend.call('POST', `${path}/hold`, { reason: 'look first' });
    expect(held.body.ramp.held).toMatchObject({ reason: 'look first' });
    expect((await backend.call('POST', `${path}/hold`, { reason: 'again' })).status).toBe(409);
    expect((await backend.call('POST', `${path}/resume`)).body.ramp.held).toBeUndefined();
    await backend.call('POST', `${path}/stop`);
    expect((await backend.call('POST', `${path}/resume`)).status).toBe(409);
  });

  test('is refused with traffic beside it, and hold where there is no ramp', async () => {
    const ramp = [{ traffic: 0.01 }, { traffic: 0.05, afterHours: 1 }];
    const both = await backend.call('POST', '/v1/experiments', {
      name: 'x',
      arms,
      ramp,
      traffic: 0.1,
    });
    expect([both.status, both.body.message]).toEqual([
      400,
      expect.stringMatching(/leave out traffic/),
    ]);
    const { body } = await backend.call('POST', '/v1/experiments', {
      name: 'x',
      arms,
      traffic: 0.1,
    });
    expect(
      (await backend.call('POST', `/v1/experiments/${body.id}/hold`, { reason: 'r' })).body.code,
    ).toBe('no_ramp');
  });

  test('the holdout is read as long as nobody was held out', async () => {
    const { status, body } = await backend.call('GET', '/v1/experiments/holdout');
    expect([status, body]).toMatchObject([
      200,
      { versions: [], sum: { missing: expect.any(String) } },
    ]);
  });
});
