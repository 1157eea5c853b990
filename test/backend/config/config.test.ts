import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../../backend/config/config.ts';
import { DEFAULT_METRIC_WEIGHTS } from '../../../backend/reward/settings.ts';
import { DEFAULT_MONITORS } from '../../../backend/monitor/settings.ts';
import { DEFAULT_ONLINE } from '../../../backend/runs/online/settings.ts';
import { DEFAULT_ROLLOUT } from '../../../backend/rollouts/settings.ts';
import { DEFAULT_TRAINING_DATA } from '../../../backend/log/account/settings.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'trimtab-config-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const configOf = (env: Record<string, string>) =>
  readConfig({
    LIBSQL_URL: 'file:none.db',
    TRIMTAB_SECRET_KEYS: 'sk_1',
    TRIMTAB_INGEST_SECRET: 'secret',
    ...env,
  });

test('training data is as documented, and lies beside the rest, unless told otherwise', () => {
  const { trainingData, trainingStore, pruneSchedule } = configOf({});
  expect(trainingData).toEqual(DEFAULT_TRAINING_DATA);
  expect(trainingStore).toMatchObject({
    kind: 'folder',
    path: expect.stringMatching(/\/training-data$/),
  });
  expect(pruneSchedule).toBe('30 2 * * *');
});

test.each([
  ['JSON', (json: string) => json],
  [
    'a file',
    (json: string) => {
      const file = join(directory, 'data.json');
      writeFileSync(file, json);
      return file;
    },
  ],
])('TRIMTAB_TRAINING_DATA may be %s', (_, given) => {
  const { trainingData } = configOf({
    TRIMTAB_TRAINING_DATA: given('{"retentionDays": 30, "minimums": {"mlp": {"users": 9}}}'),
  });
  expect(trainingData.retentionDays).toBe(30);
  expect(trainingData.minimums.mlp).toEqual({ ...DEFAULT_TRAINING_DATA.minimums.mlp, users: 9 });
});

test.each([
  ['{"retention": 30}', /TRIMTAB_TRAINING_DATA: .*retention/],
  ['{"retentionDays": "long"}', /TRIMTAB_TRAINING_DATA: retentionDays/],
  ['{', /TRIMTAB_TRAINING_DATA: .*JSON/],
  ['nowhere.json', /TRIMTAB_TRAINING_DATA: .*nowhere\.json/],
])('TRIMTAB_TRAINING_DATA=%s is refused by name', (given, message) => {
  expect(() => configOf({ TRIMTAB_TRAINING_DATA: given })).toThrow(message);
});

test('TRIMTAB_METRIC_WEIGHTS is read as TRIMTAB_TRAINING_DATA is', () => {
  expect(configOf({}).metricWeights).toEqual(DEFAULT_METRIC_WEIGHTS);
  const given = '{"policy": "adaptive", "context": ["device", "age"]}';
  expect(configOf({ TRIMTAB_METRIC_WEIGHTS: given }).metricWeights).toEqual({
    ...DEFAULT_METRIC_WEIGHTS,
    policy: 'adaptive',
    context: ['device', 'age'],
  });
});

test('nothing is learned between trainings unless TRIMTAB_ONLINE_LEARNING says when', () => {
  expect(configOf({}).online).toEqual({ ...DEFAULT_ONLINE, schedule: '' });
  const given = '{"schedule": "*/15 * * * *", "cells": ["EU"]}';
  expect(configOf({ TRIMTAB_ONLINE_LEARNING: given }).online).toEqual({
    ...DEFAULT_ONLINE,
    schedule: '*/15 * * * *',
    cells: ['EU'],
  });
  for (const [wrong, message] of [
    ['{"schedule": "soon"}', /TRIMTAB_ONLINE_LEARNING: schedule: must be a cron pattern/],
    ['{"spread": 0}', /TRIMTAB_ONLINE_LEARNING: spread/],
    ['{"cells": ["a b"]}', /TRIMTAB_ONLINE_LEARNING: cells/],
    ['{"rate": 1}', /TRIMTAB_ONLINE_LEARNING: .*rate/],
  ] as const)
    expect(() => configOf({ TRIMTAB_ONLINE_LEARNING: wrong })).toThrow(message);
});

test('TRIMTAB_ROLLOUT says how versions go live, and is refused by name', () => {
  expect(configOf({}).rollout).toEqual(DEFAULT_ROLLOUT);
  expect(configOf({ TRIMTAB_ROLLOUT: '{"mode": "direct"}' }).rollout.mode).toBe('direct');
  expect(() => configOf({ TRIMTAB_ROLLOUT: '{"mode": "fast"}' })).toThrow(/^TRIMTAB_ROLLOUT: mode/);
});

test('the weekly training learns what there is to learn', () => {
  expect(configOf({}).fullTrainingLearner).toBe('boosted');
  expect(() => configOf({ TRIMTAB_FULL_TRAINING_LEARNER: 'svm' })).toThrow(
    'TRIMTAB_FULL_TRAINING_LEARNER must be one of additive, boosted, forest, mlp, but was "svm"',
  );
});

test('TRIMTAB_MONITORS changes what monitors hold the system to', () => {
  expect(configOf({}).monitors).toEqual(DEFAULT_MONITORS);
  const { monitors } = configOf({ TRIMTAB_MONITORS: '{"ingest": {"maxLagMinutes": 1}}' });
  expect(monitors.ingest).toEqual({ ...DEFAULT_MONITORS.ingest, maxLagMinutes: 1 });
  expect(() => configOf({ TRIMTAB_MONITORS: '{"ingest": 1}' })).toThrow('TRIMTAB_MONITORS: ingest');
});

test.each([
  'TRIMTAB_TRAINING_SCHEDULE',
  'TRIMTAB_FULL_TRAINING_SCHEDULE',
  'TRIMTAB_PRUNE_SCHEDULE',
])('%s is a cron pattern, or empty', (name) => {
  expect(() => configOf({ [name]: '' })).not.toThrow();
  expect(() => configOf({ [name]: '*/10 * * * *' })).not.toThrow();
  expect(() => configOf({ [name]: 'daily' })).toThrow(
    `${name} must be a cron pattern or empty, but was "daily"`,
  );
});

const SECRET = { TRIMTAB_ALERT_SECRET: 'secret' };

test('alerts go to a webhook that is http or https and has a secret', () => {
  expect(configOf({}).alertWebhook).toBeUndefined();
  const url = 'https://hooks.example/x?token=hidden';
  expect(configOf({ TRIMTAB_ALERT_WEBHOOK: url, ...SECRET }).alertWebhook).toEqual({
    url,
    secret: 'secret',
  });
});

test.each([
  ['{"unit": "visit"}', /TRIMTAB_METRIC_WEIGHTS: unit/],
  [
    '{"observeDays": 90, "target": {"kind": "sum", "outcome": "value", "horizonDays": 365}}',
    /TRIMTAB_METRIC_WEIGHTS: observeDays \(90\) needs a log of 98 days or more, but retentionDays .* is 90/,
  ],
])('TRIMTAB_METRIC_WEIGHTS=%s is refused by name', (given, message) => {
  expect(() => configOf({ TRIMTAB_METRIC_WEIGHTS: given })).toThrow(message);
});

test.each([
  [{ TRIMTAB_ALERT_WEBHOOK: 'ftp://hooks.example/hidden', ...SECRET }, 'an http or https URL'],
  [{ TRIMTAB_ALERT_WEBHOOK: 'hidden', ...SECRET }, 'an http or https URL'],
  [{ TRIMTAB_ALERT_WEBHOOK: 'https://a:hidden@hooks.example/', ...SECRET }, 'no user or password'],
  [{ TRIMTAB_ALERT_WEBHOOK: 'https://hooks.example/hidden' }, 'TRIMTAB_ALERT_SECRET is not set'],
])('%j is refused, and not shown', (env, message) => {
  expect(() => configOf(env)).toThrow(message);
  expect(() => configOf(env)).not.toThrow(/hidden/);
});
