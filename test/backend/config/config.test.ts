import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../backend/config/config.ts';
import type { TrimtabConfig } from '../../../backend/config/define-config.ts';
import { DEMO } from '../../../backend/config/demo.ts';
import { DEFAULT_METRIC_WEIGHTS } from '../../../backend/reward/settings.ts';
import { DEFAULT_MONITORS } from '../../../backend/monitor/settings.ts';
import { DEFAULT_ONLINE } from '../../../backend/runs/online/settings.ts';
import { DEFAULT_ROLLOUT } from '../../../backend/rollouts/settings.ts';
import { DEFAULT_TRAINING_DATA } from '../../../backend/log/settings.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let directory: string;
beforeEach(() => {
  directory = temporaryFolder();
});

const write = (name: string, text: string) => {
  mkdirSync(dirname(join(directory, name)), { recursive: true });
  writeFileSync(join(directory, name), text);
};

const loaded = (env: Record<string, string> = {}, at = '.', demo = false) =>
  loadConfig({
    env: {
      TRIMTAB_DIR: directory,
      TRIMTAB_SECRET_KEYS: 'sk_of_these_tests',
      TRIMTAB_INGEST_SECRET: 'secret of these tests',
      ...env,
    },
    directory: join(directory, at),
    demo,
  });

const loadedWith = (given: unknown, demo = false) => {
  write('trimtab.config.json', JSON.stringify(given));
  return loaded({}, '.', demo);
};

test('without a file and a variable everything is as documented', async () => {
  expect(await loaded()).toMatchObject({
    host: '127.0.0.1',
    port: 8788,
    edgeUrl: 'http://127.0.0.1:8787',
    schema: smarttrip,
    training: {
      schedule: '0 3 * * *',
      windows: { additive: 30, forest: 60, mlp: 90 },
      fullSchedule: '0 4 * * 0',
      fullLearner: 'boosted',
    },
    trainingData: DEFAULT_TRAINING_DATA,
    trainingStore: { kind: 'folder', path: join(directory, 'training-data') },
    rollout: DEFAULT_ROLLOUT,
    metricWeights: DEFAULT_METRIC_WEIGHTS,
    onlineLearning: { ...DEFAULT_ONLINE, enabled: true, holdoutShare: 0.02 },
    monitors: DEFAULT_MONITORS,
    alertAddresses: { webhook: undefined, slack: undefined, teams: undefined, smtp: undefined },
    oidcClientSecret: undefined,
  });
});

test('a setting takes its place among the defaults, at any depth', async () => {
  const { trainingData, rollout, monitors, metricWeights } = await loadedWith({
    trainingData: { minimums: { mlp: { users: 9 } } },
    rollout: { mode: 'direct' },
    monitors: { ingest: { maxLagMinutes: 1 } },
    metricWeights: { policy: 'adaptive', context: ['device', 'age'] },
  } satisfies TrimtabConfig);
  expect(trainingData.minimums.mlp).toEqual({ ...DEFAULT_TRAINING_DATA.minimums.mlp, users: 9 });
  expect(rollout).toEqual({ ...DEFAULT_ROLLOUT, mode: 'direct' });
  expect(monitors.ingest).toEqual({ ...DEFAULT_MONITORS.ingest, maxLagMinutes: 1 });
  expect(metricWeights).toMatchObject({ policy: 'adaptive', context: ['device', 'age'] });
});

test('how long batches stay in the bucket has to fit what is promised, where there is one', async () => {
  const bucket = {
    TRIMTAB_LOG_STORE: 's3://logs',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'eu-west-1',
  };
  const promised = (erasureHours: number) =>
    write('trimtab.config.json', JSON.stringify({ privacy: { erasureHours } }));
  promised(25);
  expect((await loaded()).storedBatches.keepHours).toBe(24);
  await expect(loaded(bucket)).rejects.toThrow('storedBatches.keepHours (24) may be 23 at most');
  promised(26);
  expect((await loaded(bucket)).logStore).toMatchObject({ bucket: 'logs' });
});

describe('the file', () => {
  test('is found from a folder below, the nearest one first', async () => {
    // As an editor on Windows writes it, with a byte order mark.
    write('trimtab.config.json', '\uFEFF{"training": {"windowDays": 1}}');
    write('a/b/c/.keep', '');
    expect((await loaded({}, 'a/b/c')).training.windowDays).toBe(1);
    write('a/b/trimtab.config.json', '{"training": {"windowDays": 2}}');
    expect((await loaded({}, 'a/b/c')).training.windowDays).toBe(2);
    expect((await loaded({}, 'a')).training.windowDays).toBe(1);
  });

  test('is one of two, and both are named where there are both', async () => {
    write('trimtab.config.json', '{}');
    write('trimtab.config.ts', 'export default {};');
    await expect(loaded()).rejects.toThrow(
      `there are both ${directory}/trimtab.config.ts and ${directory}/trimtab.config.json`,
    );
  });

  test.each([
    ['{', /trimtab\.config\.json: .*JSON/],
    [
      'null',
      /trimtab\.config\.json: the value must be an object with schema, roles, catalogue, markets, /,
    ],
    [
      '{"rollout": 1}',
      /trimtab\.config\.json: rollout must be an object with mode, .*, but was 1$/,
    ],
  ])('%s is refused by its name', async (text, message) => {
    write('trimtab.config.json', text);
    await expect(loaded()).rejects.toThrow(message);
  });

  test('may name a schema, relative to itself', async () => {
    write('trimtab.config.json', '{"schema": "./own/schema.json"}');
    write('own/schema.json', JSON.stringify({ ...smarttrip, name: 'own' }));
    write('sub/.keep', '');
    expect((await loaded({}, 'sub')).schema.name).toBe('own');
    rmSync(join(directory, 'own/schema.json'));
    await expect(loaded({}, 'sub')).rejects.toThrow(`schema ${directory}/own/schema.json: `);
  });
});

test('all that is wrong is told at once: unknown keys with the nearest known one, values with what they should be', async () => {
  const told = await loadedWith({
    rolout: {},
    windowDays: 3,
    training: { fullLearner: 'svm', shedule: '' },
    trainingData: { minimums: { mlp: { user: 9 } } },
    monitors: { drift: { maxScorePsi: '0.3' } },
    rollout: { guardrails: [{ metric: 'saves', margin: 1 }], steps: { 'canary 5': { min: 1 } } },
    onlineLearning: { cells: ['a b'] },
  }).then(
    () => 'taken',
    (error: Error) => error.message,
  );
  const [file, ...problems] = told.split('\n  ');
  expect(file).toBe(`${directory}/trimtab.config.json:`);
  expect(problems.toSorted()).toEqual([
    "monitors.drift.maxScorePsi must be a number, above 0, but was '0.3'",
    "onlineLearning.cells[0] must be the name of a cell, such as EU, but was 'a b'",
    'rollout.guardrails[0].margin must be a number, 0 or more and below 1, but was 1',
    "rollout.steps['canary 5'].min is no setting: known are minMs, minSessions, guardrails",
    'rolout is no setting: did you mean rollout?',
    "training.fullLearner must be one of 'additive', 'boosted', 'forest', 'mlp', but was 'svm'",
    'training.shedule is no setting: did you mean training.schedule?',
    'trainingData.minimums.mlp.user is no setting: did you mean trainingData.minimums.mlp.users?',
    'windowDays is no setting: did you mean training.windowDays?',
  ]);
});

test.each([
  [
    {
      metricWeights: {
        observeDays: 90,
        target: { kind: 'sum', outcome: 'value', horizonDays: 365 },
      },
      trainingData: { retentionDays: 90 },
    },
    /metricWeights\.observeDays \(90\) needs a log of 98 days or more, but trainingData\.retentionDays is 90/,
  ],
  [
    { trainingData: { retentionDays: 5 } },
    /trainingData\.retentionDays must be more than attributionDays \(7\) by 1 or more, but was 5/,
  ],
  [{ training: { schedule: 'daily' } }, /training\.schedule must be a cron pattern .*'daily'/],
  [{ trainingData: { pruneSchedule: 'x' } }, /trainingData\.pruneSchedule must be a cron pattern/],
])('%j is refused', async (given, message) => {
  await expect(loadedWith(given)).rejects.toThrow(message);
});

test('the settings of npm start hold where the file says nothing', async () => {
  const few = DEMO.trainingData.minimums.additive;
  expect((await loadedWith({}, true)).trainingData.minimums.additive).toEqual(few);
  const { filters, minimums } = (
    await loadedWith(
      { trainingData: { filters: { minReactionMs: 99 }, minimums: { mlp: { days: 3 } } } },
      true,
    )
  ).trainingData;
  expect(minimums).toEqual({ additive: few, forest: few, mlp: { ...few, days: 3 } });
  expect(filters).toEqual({
    ...DEFAULT_TRAINING_DATA.filters,
    ...DEMO.trainingData.filters,
    minReactionMs: 99,
  });
});

describe('the environment', () => {
  test.each([
    [{}, 0],
    [{ TRIMTAB_EDGE_URL: 'https://edge.example' }, 60_000],
  ])('%j: KV is waited for only where it is not on this machine', async (env, kvSettleMs) => {
    expect((await loaded(env)).kvSettleMs).toBe(kvSettleMs);
    write('trimtab.config.json', '{"kvSettleMs": 7}');
    expect((await loaded(env)).kvSettleMs).toBe(7);
  });

  const SECRET = { TRIMTAB_ALERT_SECRET: 'secret of the alerts' };

  test('the ingest secret may be "new,old": both are known, and ids stay keyed by what is derived from the old one', async () => {
    const before = await loaded({ TRIMTAB_INGEST_SECRET: 'the old secret for a year' });
    const during = await loaded({
      TRIMTAB_INGEST_SECRET: 'the new secret from now on, the old secret for a year',
    });
    expect(during.ingestSecrets).toEqual([
      'the new secret from now on',
      'the old secret for a year',
    ]);
    expect(during.identitySecrets).toEqual(before.identitySecrets);
  });

  test('alerts go to a webhook that is http or https and has a secret', async () => {
    const url = 'https://hooks.example/x?token=hidden';
    const { alertAddresses } = await loaded({ TRIMTAB_ALERT_WEBHOOK: url, ...SECRET });
    expect(alertAddresses.webhook).toEqual({ url, secret: 'secret of the alerts' });
  });

  test.each([
    [{ TRIMTAB_ALERT_WEBHOOK: 'ftp://hooks.example/hidden', ...SECRET }, 'an http or https URL'],
    [{ TRIMTAB_ALERT_WEBHOOK: 'hidden', ...SECRET }, 'an http or https URL'],
    [
      { TRIMTAB_ALERT_WEBHOOK: 'https://a:hidden@hooks.example/', ...SECRET },
      'no user or password',
    ],
    [{ TRIMTAB_ALERT_WEBHOOK: 'https://hooks.example/hidden' }, 'TRIMTAB_ALERT_SECRET is not set'],
  ])('%j is refused, and not shown', async (env, message) => {
    await expect(loaded(env)).rejects.toThrow(message);
    await expect(loaded(env)).rejects.not.toThrow(/hidden/);
  });

  test.each([
    [
      { TRIMTAB_BACKEND_PORT: 'http' },
      'TRIMTAB_BACKEND_PORT must be a whole number, but was "http"',
    ],
    [{ TRIMTAB_EDGE_URL: 'edge' }, 'TRIMTAB_EDGE_URL must be a URL, but was "edge"'],
    [{ TRIMTAB_SECRET_KEYS: '' }, 'TRIMTAB_SECRET_KEYS is not set, and there is no keys.json'],
    [
      { TRIMTAB_SECRET_KEYS: 'x' },
      'TRIMTAB_SECRET_KEYS has 1 character and must have at least 16: make one with "openssl rand -hex 24"',
    ],
    [
      { TRIMTAB_INGEST_SECRET: 'long enough, I would say,short' },
      'an entry of TRIMTAB_INGEST_SECRET has 11 characters and must have at least 16',
    ],
    [{ TRIMTAB_IDENTITY_SECRET: 'short' }, 'TRIMTAB_IDENTITY_SECRET has 5 characters'],
    [
      { TRIMTAB_ALERT_WEBHOOK: 'https://hooks.example/', TRIMTAB_ALERT_SECRET: 'short' },
      'TRIMTAB_ALERT_SECRET has 5 characters',
    ],
  ])('%j is refused by name', async (env, message) => {
    await expect(loaded(env)).rejects.toThrow(message);
  });
});

describe('variables that are no more', () => {
  const refusal = async (env: Record<string, string>): Promise<string> =>
    loaded(env).then(
      () => 'taken',
      (error: Error) => error.message,
    );

  test('are refused with the line that replaces them', async () => {
    write('trimtab.config.ts', 'export default {};');
    expect(await refusal({ TRIMTAB_ROLLOUT: '{"mode": "direct"}' })).toBe(
      `TRIMTAB_ROLLOUT is no longer read: put  rollout: { mode: 'direct' }  into ${directory}/trimtab.config.ts`,
    );
  });

  const BEFORE = {
    TRIMTAB_ROLLOUT: '{"steps": {"canary 1": {"minSessions": 200}}, "maxStepMs": null}',
    TRIMTAB_TRAINING_DATA: 'data.json',
    TRIMTAB_METRIC_WEIGHTS:
      '{"target": {"kind": "happened", "outcome": "renewal", "horizonDays": 90}, "prior": {"saves": 0.5}}',
    TRIMTAB_MONITORS: '{"stale": {"rankingHours": 2}}',
    TRIMTAB_ONLINE_LEARNING: '{"schedule": "*/15 * * * *"}',
    TRIMTAB_TRAINING_SCHEDULE: '',
    TRIMTAB_FULL_TRAINING_SCHEDULE: '0 5 * * *',
    TRIMTAB_FULL_TRAINING_LEARNER: 'forest',
    TRIMTAB_TRAINING_WINDOW_DAYS: '14',
    TRIMTAB_PRUNE_SCHEDULE: '0 1 * * *',
    TRIMTAB_SCHEMA: 'schema.json',
    TRIMTAB_KV_SETTLE_MS: '5',
  };
  const AFTER: TrimtabConfig = {
    rollout: { steps: { 'canary 1': { minSessions: 200 } }, maxStepMs: null },
    trainingData: { retentionDays: 30, pruneSchedule: '0 1 * * *' },
    metricWeights: {
      target: { kind: 'happened', outcome: 'renewal', horizonDays: 90 },
      prior: { saves: 0.5 },
    },
    monitors: { stale: { rankingHours: 2 } },
    onlineLearning: { schedule: '*/15 * * * *' },
    training: { schedule: '', fullSchedule: '0 5 * * *', fullLearner: 'forest', windowDays: 14 },
    schema: './schema.json',
    kvSettleMs: 5,
  };

  test('are told all at once, files of theirs too, with a whole file where there is none', async () => {
    write('data.json', '{"retentionDays": 30}');
    const message = await refusal(BEFORE);
    for (const name of Object.keys(BEFORE)) expect(message).toContain(name);
    const [lines, file] = message.split(' It would be:\n\n');
    // What is told is the text of a file that is taken as it is.
    write('trimtab.config.ts', file.replace("'trimtab/config'", `'${DEFINE_CONFIG}'`));
    const found = (await import(join(directory, 'trimtab.config.ts'))).default;
    expect(found).toEqual(AFTER);
    expect(lines).toContain(
      "TRIMTAB_TRAINING_DATA and TRIMTAB_PRUNE_SCHEDULE are no longer read: put  trainingData: { retentionDays: 30, pruneSchedule: '0 1 * * *' }  into trimtab.config.ts",
    );
    write('schema.json', JSON.stringify(smarttrip));
    rmSync(join(directory, 'trimtab.config.ts'));
    await expect(loadedWith(AFTER)).resolves.toMatchObject({ kvSettleMs: 5 });
  });

  test('are told in the words of a JSON file where that is what there is', async () => {
    write('trimtab.config.json', '{}');
    const message = await refusal({ TRIMTAB_FULL_TRAINING_LEARNER: 'mlp' });
    expect(message).toBe(
      `TRIMTAB_FULL_TRAINING_LEARNER is no longer read: put  "training": {"fullLearner":"mlp"}  into ${directory}/trimtab.config.json`,
    );
  });

  test.each([
    ['{', /TRIMTAB_MONITORS is no longer read: .*JSON/],
    ['nowhere.json', /TRIMTAB_MONITORS is no longer read: .*nowhere\.json/],
  ])('TRIMTAB_MONITORS=%s is refused too', async (given, message) => {
    expect(await refusal({ TRIMTAB_MONITORS: given })).toMatch(message);
  });

  test('are no reason to refuse where they are empty and said nothing', async () => {
    expect(await refusal({ TRIMTAB_SCHEMA: '', TRIMTAB_KV_SETTLE_MS: '' })).toBe('taken');
  });

  test.each(['README.md', 'docs/getting-started.md', 'docs/operating.md'])(
    'are not in %s',
    (page) => {
      const text = readFileSync(new URL(`../../../${page}`, import.meta.url), 'utf8');
      expect(Object.keys(BEFORE).filter((name) => text.includes(name))).toEqual([]);
    },
  );
});

const DEFINE_CONFIG = new URL('../../../backend/config/define-config.ts', import.meta.url).pathname;
