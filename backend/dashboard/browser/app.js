import { alertsSection } from './alerts.js';
import { read } from './api.js';
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

async function refresh() {
  try {
    const [status, clicks, { rollouts }, { runs }, { entries }, { weights }, { alerts }, reported] =
      await Promise.all([
        read('/v1/status', {}),
        read('/v1/clicks', { query: {} }),
        read('/v1/rollouts', { query: { limit: 4 } }),
        read('/v1/runs', { query: { limit: 6 } }),
        read('/v1/audit', { query: { limit: 30 } }),
        read('/v1/weights', {}),
        read('/v1/alerts', { query: { all: 'true', limit: 12 } }),
        read('/v1/reports', {}),
      ]);
    const withDecisions = await Promise.all(
      rollouts.map(({ id }) => read('/v1/rollouts/:id', { param: { id }, query: {} })),
    );
    const names = new Map(weights.map(({ version, name }) => [version, name]));
    const nowMs = Date.now();
    show('live', liveSection(status, nowMs));
    show('alerts', ...alertsSection(alerts, reported.reports, nowMs));
    show('clicks', clicksSection(clicks, names, status.weights?.version));
    await showMetricWeights(status.weights?.schemaName, nowMs);
    show('rollouts', rolloutsSection(withDecisions, nowMs));
    show('runs', runsSection(runs, nowMs));
    show('audit', auditSection(entries, nowMs));
    // Last: a report that is computed first keeps nothing else waiting.
    const { experiments } = await read('/v1/experiments', {});
    const reports = await experimentReports(experiments, nowMs);
    show('experiments', experimentsSection(experiments, reports, nowMs));
    show('problem');
    section('updated').textContent = `Updated ${new Date(nowMs).toLocaleTimeString()}`;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    show('problem', h('p', { class: 'notice bad' }, `The backend does not answer: ${reason}`));
    section('updated').textContent = 'Trying again …';
  }
}

/** @param {string | null | undefined} schema its name; none before any weights are live @param {number} nowMs */
async function showMetricWeights(schema, nowMs) {
  if (schema === undefined || schema === null) return;
  const { shown, verified } = await readMetricWeights(schema, nowMs);
  show('metric-weights', metricWeightsSection(shown, verified, nowMs));
}

/**
 * Replaces nothing where nothing changed: a refresh must not undo a selection or scrolling.
 * @param {string} id @param {...Node} content
 */
function show(id, ...content) {
  const before = section(id);
  const after = /** @type {HTMLElement} */ (before.cloneNode(false));
  after.append(...content);
  if (!after.isEqualNode(before)) before.replaceChildren(...after.childNodes);
}

/** @param {string} id */
function section(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

async function keepFresh() {
  if (!document.hidden) await refresh();
  setTimeout(() => void keepFresh(), REFRESH_MS);
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void refresh();
});
await keepFresh();
