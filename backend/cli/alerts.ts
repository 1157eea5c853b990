import type { Command } from 'commander';
import { moment, table } from '../../shared/text/text.ts';
import { backendClient } from '../client/backend-client.ts';
import { print } from '../client/print.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

interface Alert {
  readonly kind: string;
  readonly message: string;
  readonly openedAt: number;
  readonly resolvedAt: number | null;
}

export const alertsCommand = (): Command =>
  backendVerb('alerts', 'what somebody should know of, newest first')
    .option('--all', 'those that are over too')
    .action(showAlerts);

async function showAlerts(options: VerbOptions & { all?: boolean }): Promise<void> {
  const { alerts } = await backendClient(options).call<{ alerts: Alert[] }>(
    'GET',
    `/v1/alerts?all=${options.all === true}`,
  );
  print(alerts, () => alertsText(alerts, options.all === true), options);
}

function alertsText(alerts: readonly Alert[], all: boolean): string {
  if (alerts.length === 0) return all ? 'there was no alert yet.' : 'no alert is open.';
  return table(
    ['opened', ...(all ? ['over'] : []), 'kind', 'what'],
    alerts.map(({ openedAt, resolvedAt, kind, message }) => [
      moment(openedAt),
      ...(all ? [resolvedAt === null ? 'still open' : moment(resolvedAt)] : []),
      kind,
      message,
    ]),
  );
}
