import { alertsSection } from './alerts.js';
import { auditSection } from './audit.js';
import { clicksSection } from './clicks.js';
import { h } from './dom.js';
import { experimentReports } from './experiment-reports.js';
import { experimentsSection } from './experiments.js';
import { liveSection } from './live.js';
import { metricWeightsSection, readMetricWeights } from './metric-weights.js';
import { rolloutsSection } from './rollouts.js';
import { runsSection } from './runs.js';

const REFRESH_MS = 4000;
const PATHS = [
  'status',
  'clicks',
  'rollouts?limit=4',
  'runs?limit=6',
  'audit?limit=30',
  'weights',
  'alerts?all=true&limit=12',
  'reports',
];

/** Answers with the cookie that `/?key=` set. */
async function read(path) {
  const response = await fetch(`/v1/${path}`, { headers: { accept: 'application/json' } });
  const answer = await response.json();
  if (!response.ok)
    throw new Error(answer.message ?? `GET /v1/${path} answered ${response.status}`);
  return answer;
}

const reportsOf = experimentReports(read);

async function refresh() {
  const updated = document.getElementById('updated');
  try {
    const [
      status,
      clicks,
      { rollouts },
      { runs },
      { entries },
      { weights },
      { alerts },
      { reports },
    ] = await Promise.all(PATHS.map(read));
    const withDecisions = await Promise.all(rollouts.map(({ id }) => read(`rollouts/${id}`)));
    const names = new Map(weights.map(({ version, name }) => [version, name]));
    const nowMs = Date.now();
    show('live', liveSection(status, nowMs));
    show('alerts', ...alertsSection(alerts, reports, nowMs));
    show('clicks', clicksSection(clicks, names, status.weights?.version));
    await showMetricWeights(status.weights?.schemaName, nowMs);
    show('rollouts', rolloutsSection(withDecisions, nowMs));
    show('runs', runsSection(runs, nowMs));
    show('audit', auditSection(entries, nowMs));
    // Last: a report that has to be counted first keeps nothing else waiting.
    const { experiments } = await read('experiments');
    const counted = await reportsOf(experiments, nowMs);
    show('experiments', experimentsSection(experiments, counted, nowMs));
    show('problem');
    updated.textContent = `Updated ${new Date(nowMs).toLocaleTimeString()}`;
  } catch (error) {
    show(
      'problem',
      h('p', { class: 'notice bad' }, `The backend does not answer: ${error.message}`),
    );
    updated.textContent = 'Trying again …';
  }
}

/** @param schema name; undefined before any weights are live. */
async function showMetricWeights(schema, nowMs) {
  if (schema === undefined) return;
  const { shown, verified } = await readMetricWeights(read, schema, nowMs);
  show('metric-weights', metricWeightsSection(shown, verified, nowMs));
}

/** Leaves what is the same in place: a refresh must not take away what somebody selects or scrolls. */
function show(id, ...content) {
  const before = document.getElementById(id);
  const after = before.cloneNode(false);
  after.append(...content);
  if (!after.isEqualNode(before)) before.replaceChildren(...after.childNodes);
}

async function keepFresh() {
  if (!document.hidden) await refresh();
  setTimeout(() => void keepFresh(), REFRESH_MS);
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void refresh();
});
await keepFresh();
