import { afterEach, beforeEach, expect, test } from 'vitest';
import { pruneRecords } from '../../../../backend/log/retention/prune-records.ts';
import { parsePrivacy } from '../../../../backend/log/retention/settings.ts';
import {
  alerts,
  alertSilences,
  audit,
  reports,
  trainingExclusions,
  visitorLatency,
} from '../../../../backend/store/tables.ts';
import { DAY, NOON, openLog, type Log } from '../support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog();
});
afterEach(() => log.close());

const prune = (settings: object) =>
  pruneRecords(log.store, 0, 0, 0, { privacy: parsePrivacy(settings), logMs: NOON });

const entry = (at: number, details: Record<string, unknown>) => ({
  at,
  actor: 'anna',
  action: 'promote',
  subject: 'v000001',
  details,
});

test('the audit log is kept for ever, or for as long as it is said, but for what the history of metric weights is checked against', async () => {
  const { db } = log.store;
  const days = [1, 9, 11].map((ago) => NOON - ago * DAY);
  const left = async () =>
    (await db.select({ at: audit.at }).from(audit)).map(({ at }) => at).toSorted((a, b) => a - b);
  await log.store.write([db.delete(audit)]);
  await log.store.write([
    db.insert(audit).values(days.map((at) => entry(at, {}))),
    db.insert(audit).values([entry(NOON - 20 * DAY, { id: 1, hash: 'a'.repeat(64) })]),
  ]);
  await prune({});
  expect(await left()).toHaveLength(4);
  await prune({ auditDays: 10 });
  expect(await left()).toEqual([NOON - 20 * DAY, NOON - 9 * DAY, NOON - DAY]);
});

test('reports, alerts, latency and lifted exclusions go when they are older than is said, and nothing else does', async () => {
  const { db } = log.store;
  const [old, young] = [NOON - 11 * DAY, NOON - 9 * DAY];
  const report = (month: string, createdAt: number) => ({
    month,
    report: {},
    markdown: '',
    html: '',
    createdAt,
  });
  const alert = (key: string, resolvedAt: number | null) => ({
    key,
    kind: 'latency',
    message: '',
    details: {},
    openedAt: old - DAY,
    lastSeenAt: old - DAY,
    resolvedAt,
  });
  const latency = (hour: number) => ({ hour, timings: 1, late: 0 });
  const exclusion = (subject: string, liftedAt: number | null) => ({
    kind: 'session' as const,
    subject,
    reason: 'a test',
    by: 'anna',
    at: old - DAY,
    liftedAt,
  });
  const silence = (key: string, at: number, until: number) => ({
    key,
    reason: 'a test',
    by: 'anna',
    at,
    until,
  });
  await log.store.write([
    db.insert(reports).values([report('2026-01', old), report('2026-02', young)]),
    db.insert(alerts).values([alert('over', old), alert('lately', young), alert('open', null)]),
    db.insert(visitorLatency).values([latency(old), latency(young)]),
    db
      .insert(trainingExclusions)
      .values([exclusion('lifted', old), exclusion('lately', young), exclusion('held', null)]),
    db.insert(alertSilences).values([
      silence('over', old - DAY, old),
      // It ended the one before early: without it, that one would hold again.
      silence('ended', old - DAY, NOON + DAY),
      silence('ended', old, old),
      silence('holds', old, NOON + DAY),
    ]),
  ]);
  const left = async () => ({
    reports: (await db.select().from(reports)).map(({ month }) => month),
    alerts: (await db.select().from(alerts)).map(({ key }) => key),
    latency: (await db.select().from(visitorLatency)).map(({ hour }) => hour),
    exclusions: (await db.select().from(trainingExclusions)).map(({ subject }) => subject),
    silences: (await db.select().from(alertSilences)).map(({ key }) => key),
  });
  const all = await left();
  await prune({});
  expect(await left()).toEqual(all);
  await prune({ reportDays: 10, alertDays: 10, latencyDays: 10, exclusionDays: 10 });
  expect(await left()).toEqual({
    reports: ['2026-02'],
    alerts: ['lately', 'open'],
    latency: [young],
    exclusions: ['lately', 'held'],
    silences: ['ended', 'ended', 'holds'],
  });
});
