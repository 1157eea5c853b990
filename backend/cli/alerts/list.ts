import { moment, table } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import type { Alert } from '../../http/answers.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const listAlertsVerb = () =>
  backendVerb('list', 'open alerts, newest first')
    .option('--all', 'resolved ones too')
    .action(list);

async function list(options: VerbOptions & { all?: boolean }): Promise<void> {
  const all = options.all === true;
  const query = { all: all ? 'true' : 'false' } as const;
  const { alerts } = await json(backendClient(options).alerts.$get({ query }));
  print(alerts, () => alertsText(alerts, all), options);
}

function alertsText(alerts: readonly Alert[], all: boolean): string {
  if (alerts.length === 0) return all ? 'there was no alert yet.' : 'no alert is open.';
  return table(
    ['opened', ...(all ? ['resolved'] : []), 'kind', 'message'],
    alerts.map(({ openedAt, resolvedAt, kind, message }) => [
      moment(openedAt),
      ...(all ? [resolvedAt === null ? 'still open' : moment(resolvedAt)] : []),
      kind,
      message,
    ]),
  );
}
