import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseObjectives } from '../../../backend/monitor/objectives/settings.ts';
import { storeCounts } from '../../../backend/monitor/objectives/stored-counts.ts';
import { openStore } from '../../../backend/store/open.ts';
import { startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { happened, rankingOf } from '../log/support/log.ts';

const read = (name: string) =>
  readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
}
interface Board {
  readonly title: string;
  readonly uid: string;
  readonly schemaVersion: number;
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly definition?: string }[];
  };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
    readonly targets: readonly Target[];
  }[];
}
const board = JSON.parse(read('grafana.json')) as Board;
const targets = board.panels.flatMap((panel) => panel.targets);
const boardQueries = [
  ...targets.map(({ expr }) => expr),
  ...board.annotations.list.map(({ expr }) => expr),
  ...board.templating.list.flatMap(({ definition }) => definition ?? []),
];
const rules = read('prometheus-alerts.yml');
const ruleQueries = [...rules.matchAll(/^ +expr: (.+)$/gm)].map(([, expr]) => expr);

/** Every metric that a query names, with the labels that it picks by or groups by, but for those that Prometheus adds. */
const selectors = (query: string) =>
  [...query.matchAll(/(trimtab_\w+)(?:\{([^}]*)\})?/g)].map(([, name, labels = '']) => ({
    name,
    labels: [...labels.matchAll(/(\w+)(=~?)"([^"]*)"/g)]
      .map(([, label, , value]) => ({ label, value }))
      .filter(({ label }) => label !== 'job' && label !== 'instance'),
  }));

let backend: TestBackend;
let exposed: ReadonlyMap<string, readonly string[]>;
let types: ReadonlyMap<string, string>;
beforeAll(async () => {
  backend = await startTestBackend();
  const rankings = Array.from({ length: 40 }, (_, i) =>
    rankingOf(`r${i}`, Date.now() - 60_000 - i, { degraded: i < 4 }),
  );
  await send(backend, {
    batchId: 'b',
    decisions: rankings,
    events: rankings.map((ranking, i) =>
      happened(ranking, 'timing', {
        value: i + 1,
        ...(i < 10 && { properties: { late: true } }),
      }),
    ),
  });
  // As the job of every few minutes does.
  const store = await openStore(backend.config.database);
  await storeCounts({ store, probes: [], settings: parseObjectives({}) }, Date.now());
  await store.close();
  const { body } = await backend.call('GET', '/metrics');
  const lines = String(body).trim().split('\n');
  types = new Map(
    lines.flatMap((line) => {
      const [, name, type] = /^# TYPE (\w+) (\w+)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, type]];
    }),
  );
  exposed = Map.groupBy(
    lines.filter((line) => !line.startsWith('#')),
    (line) => /^\w+/.exec(line)![0],
  );
});
afterAll(() => backend?.close());

test('the board is one that Grafana imports: its own id, panels that do not overlap, queries that close', () => {
  expect(board).toMatchObject({ title: 'Trimtab', uid: 'trimtab', schemaVersion: 39 });
  expect(board).not.toHaveProperty('id');
  expect(board.panels.length).toBeGreaterThan(10);
  expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
  const taken = new Set<string>();
  for (const { gridPos, targets: own, title } of board.panels) {
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x} ${y}`), `${title} overlaps another panel`).toBe(false);
        taken.add(`${x} ${y}`);
      }
    expect(own.length).toBeGreaterThan(0);
    expect(new Set(own.map(({ refId }) => refId)).size).toBe(own.length);
  }
  for (const query of [...boardQueries, ...ruleQueries])
    for (const [open, close] of ['()', '{}', '[]'])
      expect(query.split(open).length, query).toBe(query.split(close).length);
});

test('every metric that the board and the rules ask for is one that /metrics has, with its labels', () => {
  const asked = [...boardQueries, ...ruleQueries].flatMap(selectors);
  expect(asked.length).toBeGreaterThan(25);
  expect(ruleQueries).toHaveLength(6);
  for (const { name, labels } of asked) {
    expect(types.has(name), `${name} is on /metrics`).toBe(true);
    for (const { label, value } of labels)
      expect(exposed.get(name)?.join('\n') ?? '', name).toContain(`${label}="${value}"`);
  }
  for (const query of boardQueries)
    for (const [, name] of query.matchAll(/(?:rate|increase)\((trimtab_\w+)/g))
      expect(types.get(name), name).toBe('counter');
});

test('what the last minutes were is on /metrics', async () => {
  const { body } = await backend.call('GET', '/metrics');
  for (const line of [
    'trimtab_visitor_latency_ms{quantile="0.5"} 20',
    'trimtab_visitor_latency_ms{quantile="0.95"} 38',
    'trimtab_visitor_latency_ms{quantile="0.99"} 40',
    'trimtab_visitor_timings 40',
    'trimtab_visitor_late_share 0.25',
    'trimtab_recent_rankings{state="whole"} 36',
    'trimtab_recent_rankings{state="degraded"} 4',
  ])
    expect(body).toContain(`${line}\n`);
});

test('and on the page of now, and by hour', async () => {
  const { body } = await backend.call('GET', '/v1/now');
  expect(body.latency).toEqual({ timings: 40, late: 10, p50: 20, p95: 38, p99: 40 });
  // The hours are stored by the monitors, which this backend never runs.
  expect((await backend.call('GET', '/v1/latency')).body).toEqual({ hours: [] });
  expect((await backend.call('GET', '/v1/latency?from=soon')).status).toBe(400);
});
