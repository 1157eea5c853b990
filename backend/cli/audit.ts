import type { Command } from 'commander';
import { moment, table } from '../../shared/text/text.ts';
import { positive } from './arguments.ts';
import { auditDetails } from './audit-details.ts';
import { backendClient } from '../client/backend-client.ts';
import { print } from '../client/print.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

interface Entry {
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export const auditCommand = (): Command =>
  backendVerb('audit', 'who changed what is live, newest first')
    .option('--limit <n>', 'how many entries', positive, 20)
    .action(showAudit);

async function showAudit(options: VerbOptions & { limit: number }): Promise<void> {
  const { entries } = await backendClient(options).call<{ entries: Entry[] }>(
    'GET',
    `/v1/audit?limit=${options.limit}`,
  );
  print(
    entries,
    () =>
      entries.length === 0
        ? 'nothing has been changed yet.'
        : table(
            ['when', 'who', 'did', 'to', 'details'],
            entries.map((e) => [
              moment(e.at),
              e.actor,
              e.action,
              e.subject,
              auditDetails(e.details),
            ]),
          ),
    options,
  );
}
