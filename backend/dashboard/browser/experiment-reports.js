import { read } from './api.js';

/** @typedef {import('../../http/answers.ts').Experiment} Experiment */
/** @typedef {import('../../http/answers.ts').ExperimentWithReport['report']} Report */

/** A report takes seconds to compute: the page asks for each no more often than this. */
const FRESH_MS = 60_000;

/** @type {Map<string, { status: string, askedAt: number, report: Report }>} */
const known = new Map();

/**
 * @param {readonly Experiment[]} experiments @param {number} nowMs
 * @returns {Promise<Map<string, Report>>} by the experiment's id: of those that run, and of the last three that stopped
 */
export async function experimentReports(experiments, nowMs) {
  const started = experiments.filter(({ startedAt }) => startedAt !== null);
  const shown = [
    ...started.filter(({ status }) => status === 'running'),
    ...started.filter(({ status }) => status === 'stopped').slice(0, 3),
  ];
  for (const { id, status } of shown) {
    const before = known.get(id);
    if (before?.status === status && nowMs - before.askedAt < FRESH_MS) continue;
    const { report } = await read('/v1/experiments/:id', { param: { id } });
    known.set(id, { status, askedAt: nowMs, report });
  }
  return new Map([...known].map(([id, { report }]) => [id, report]));
}
