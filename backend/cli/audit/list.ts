import { moment, table } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import { positive } from '../command/arguments.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';
import { auditDetails } from './audit-details.ts';

export const listAuditVerb = () =>
  backendVerb('list', 'changes of what is live, newest first')
    .option('--limit <n>', 'how many entries', positive, 20)
    .action(list);

async function list({ limit, ...options }: VerbOptions & { limit: number }): Promise<void> {
  const { entries } = await json(backendClient(options).audit.$get({ query: { limit } }));
  const rows = entries.map(({ at, actor, action, subject, details }) => [
    moment(at),
    actor,
    action,
    subject,
    auditDetails(details),
  ]);
  const head = ['time', 'actor', 'action', 'subject', 'details'];
  print(
    entries,
    () => (rows.length === 0 ? 'nothing has been changed yet.' : table(head, rows)),
    options,
  );
}
