import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const BACKEND = fileURLToPath(new URL('../../../../backend/', import.meta.url));

const TABLES = '(?:decisions|exposures|events|outcomes|session_days|user_days|late_rankings)';
const IN_DRIZZLE = '(?:decisions|exposures|events|outcomes|sessionDays|userDays|lateRankings)';
/** What people did is told by the account: these are its own tables, and those that it judges. */
const RAW = [
  new RegExp(`\\b(?:from|join|into|update) ${TABLES}\\b`),
  new RegExp(`\\b(?:from|join|into|update) \\$\\{${IN_DRIZZLE}\\b`),
  new RegExp(`import \\{[^}]*\\b${IN_DRIZZLE}\\b[^}]*\\} from '[^']*tables\\.ts'`),
];
const rawIn = (text: string) => RAW.filter((pattern) => pattern.test(text));

/** Those who may look at rows whether they count or not, and why they do. */
const OTHERS: Readonly<Record<string, string>> = {
  'apprentice/ranks-for-nobody.ts': 'how the edge answered, whoever asked',
  'business/figures.ts': 'events that count, of rankings that count',
  'business/items.ts': 'events that count, of rankings that count',
  'business/page-activity.ts': 'events that count, of rankings that count',
  'business/searches.ts': 'events that count, of rankings that count',
  'business/served.ts': 'on which day the log begins',
  'experiments/carry-over.ts': 'the arms of units, which were taken from exposures that count',
  'experiments/collect-interleaving.ts': 'slates of events that count',
  'experiments/collector.ts': 'whether an exposure has come in since',
  'experiments/exposed-units.ts': 'requests and arms of units, taken from exposures that count',
  'experiments/store-units.ts': 'all sessions of a user, so that deleting the user finds them',
  'http/recent-gauges.ts': 'how the edge answered and what was refused, whoever asked',
  'http/routes/search.ts': 'whether there is a ranking of this id, whoever asked',
  'log/exclusions.ts': 'on which days somebody was there who is left out from now on',
  'log/learned-columns/learned-job.ts': 'how long the log is, to learn again while it is short',
  'log/log-time.ts': 'when the newest entry was received, whoever it is of',
  'log/logged-requests.ts': 'the requests of rankings that count',
  'log/review/anomalies.ts': 'events that count, of rankings that count',
  'log/review/sessions.ts': 'sessions as they were seen, with why some do not count',
  'log/row-counts.ts': 'how much is stored, whether it counts or not, and when it last came in',
  'monitor/degraded-rankings.ts': 'how the edge answered, whoever asked',
  'monitor/feedback-window.ts': 'answers that count, of rankings that count',
  'monitor/objectives/measure.ts': 'how long pages waited, whoever looked at them',
  'monitor/objectives/pointer-age.ts': 'by which pointer the edge answered, whoever asked',
  'monitor/old-edges.ts': 'by which version the edge answered, whoever asked',
  'monitor/read-last-times.ts': 'whether anything comes in',
  'monitor/recent-rankings.ts': 'the index that leads to the rankings of these monitors',
  'monitor/refused-feedback.ts': 'how much does not count, and why',
  'monitor/traffic.ts': 'how the edge answered and what was refused, whoever asked',
  'monitor/visitor-latency.ts': 'how long pages waited, whoever looked at them',
  'offline/past-ranking.ts': 'one ranking and all of its events, with why some do not count',
  'runs/online/learner-worker.ts': 'whether anything has come in since',
  'runs/online/read-head.ts': 'how far the log goes; what is read of it is judged',
  'runs/online/served-deltas.ts': 'by which numbers decisions name deltas',
};

test('nobody but the account looks at what came in before it is judged', async () => {
  const files = await Array.fromAsync(glob('**/*.ts', { cwd: BACKEND }));
  const readers = files.filter(
    (file) => !/^(?:log\/(?:account|identity|ingest|retention)|store)\//.test(file),
  );
  expect(readers.length).toBeGreaterThan(300);
  const looking = readers.filter(
    (file) => rawIn(readFileSync(`${BACKEND}${file}`, 'utf8')).length > 0,
  );
  expect(looking.toSorted()).toEqual(Object.keys(OTHERS).toSorted());
});

test.each([
  "import { decisions, events } from '../store/tables.ts';",
  "import {\n  exposures,\n  weights,\n} from '../store/tables.ts';",
  'select count(*) from events e',
  'cross join outcomes o on o.userId = u.unit',
  'select min(arm) as arm from exposures',
  'select * from ${events}',
  'join ${exposures} x',
])('that it does would be seen: %s', (line) => {
  expect(rawIn(line)).not.toEqual([]);
});
