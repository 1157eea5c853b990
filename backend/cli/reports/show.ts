import { writeFileSync } from 'node:fs';
import { messageOf } from '../../../shared/text/message-of.ts';
import { backendClient, segment } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { note } from '../../client/print.ts';
import { monthBefore } from '../../reports/months.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const showReportVerb = () =>
  backendVerb('show', 'a month’s comparison of models, as Markdown')
    .argument('[month]', 'like 2026-11 (default: last month)')
    .option('--html <file>', 'write it to a file as one page with charts')
    .action(show);

async function show(
  month: string | undefined,
  options: VerbOptions & { html?: string },
): Promise<void> {
  const format = options.html !== undefined ? 'html' : options.json ? 'json' : 'markdown';
  const answer = await backendClient(options).reports[':month'].$get({
    param: { month: segment(month ?? monthBefore(Date.now())) },
    query: { format },
    header: {},
  });
  const text: string = await answer.text();
  if (options.html === undefined) {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(options.html, text);
  } catch (error) {
    throw new CliError(`cannot write ${options.html}: ${messageOf(error)}`);
  }
  note(`written to ${options.html}`);
}
