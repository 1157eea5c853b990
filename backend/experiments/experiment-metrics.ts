import { invalid, invalidAt } from '../../shared/domain/errors.ts';
import type { GuardrailSpec } from '../../shared/domain/experiment.ts';
import { checkMetric, NAMED_METRICS, type MetricDefinition } from '../../shared/domain/metric.ts';
import { METRIC_NAMES } from '../../shared/domain/metric-name.ts';
import { unitColumn } from './unit-column.ts';

const MAX_METRICS = 20;

/**
 * Names of metrics, or whole definitions. @param own those that the configuration declares.
 * @throws ApiError 400 naming what is wrong.
 */
export function experimentMetrics(
  asked: readonly (string | MetricDefinition)[],
  own: readonly MetricDefinition[] = [],
): MetricDefinition[] {
  const known = [...NAMED_METRICS, ...own];
  if (asked.length === 0 || asked.length > MAX_METRICS)
    throw invalid(`an experiment has 1 to ${MAX_METRICS} metrics, not ${asked.length}`);
  const metrics = asked.map((metric) =>
    typeof metric === 'string' ? named(metric, known) : metric,
  );
  for (const metric of metrics) {
    checkMetric(metric);
    checkColumns(metric);
  }
  const twice = metrics.find(({ name }, i) => metrics.findIndex((m) => m.name === name) !== i);
  if (twice !== undefined) throw invalid(`metric ${twice.name} is given twice`);
  return metrics;
}

/** @throws ApiError 400 where it names a column that there is not. */
export function checkColumns({ name, numerator, denominator }: MetricDefinition): void {
  for (const column of [numerator, denominator])
    if (column !== undefined && unitColumn(column) === undefined)
      throw invalid(
        `metric ${name}: there is no column "${column}": take one of ${METRIC_NAMES.join(', ')}, rankings, or outcome.<name>`,
      );
}

function named(name: string, known: readonly MetricDefinition[]): MetricDefinition {
  const found = known.find((metric) => metric.name === name);
  if (found !== undefined) return found;
  throw invalid(
    `there is no metric "${name}": take one of ${known.map((metric) => metric.name).join(', ')}, or define it`,
  );
}

/** @throws ApiError 400 where a guardrail's metric is not measured or its margin is negative. */
export function checkGuardrails(
  guardrails: readonly GuardrailSpec[],
  metrics: readonly MetricDefinition[],
): void {
  for (const [i, { metric, margin }] of guardrails.entries()) {
    if (!metrics.some(({ name }) => name === metric))
      throw invalidAt(
        `guardrails.${i}.metric`,
        `the guardrail on ${metric} needs it among the experiment's metrics`,
      );
    if (!(margin >= 0 && margin <= 1))
      throw invalidAt(
        `guardrails.${i}.margin`,
        `the margin of ${metric} is the tolerated harm as a share, 0 to 1, but was ${margin}`,
      );
  }
}
