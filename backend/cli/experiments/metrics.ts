import type { MetricDefinition } from '../../../shared/domain/metric.ts';
import { numeratorName } from '../../../shared/domain/metric.ts';
import { table } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const metricsVerb = () =>
  backendVerb(
    'metrics',
    'what an experiment may report by name; the configuration adds your own (experiments.metrics)',
  ).action(list);

const FROM = { default: 'by default', further: 'where asked for', own: 'your own' };

async function list(options: VerbOptions): Promise<void> {
  const { metrics } = await json(backendClient(options).experiments.metrics.$get());
  const rows = metrics.map((one) => [one.name, counted(one), one.better, FROM[one.from]]);
  print(metrics, () => table(['name', 'what it is', 'better', 'reported'], rows), options);
}

function counted(metric: MetricDefinition): string {
  const what = numeratorName(metric);
  if (metric.kind === 'ratio') return `${what} per ${metric.denominator}`;
  return metric.kind === 'mean' ? `${what}, mean per unit` : `share of units with ${what}`;
}
