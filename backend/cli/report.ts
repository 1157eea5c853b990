import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { monthBefore } from '../reports/months.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { backendClient } from '../client/backend-client.ts';
import { CliError } from '../client/failure.ts';
import { note } from '../client/print.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

export const reportCommand = (): Command =>
  backendVerb('report', 'a month’s comparison of models, as Markdown')
    .argument('[month]', 'like 2026-11 (default: the last one that is over)')
    .option('--html <file>', 'write it to a file as one page with charts')
    .action(showReport);

async function showReport(
  month: string | undefined,
  options: VerbOptions & { html?: string },
): Promise<void> {
  const { text } = backendClient(options);
  const path = `/v1/reports/${encodeURIComponent(month ?? monthBefore(Date.now()))}`;
  if (options.html === undefined) {
    process.stdout.write(await text(`${path}?format=${options.json ? 'json' : 'markdown'}`));
    return;
  }
  const html = await text(`${path}?format=html`);
  try {
    writeFileSync(options.html, html);
  } catch (error) {
    throw new CliError(`cannot write ${options.html}: ${messageOf(error)}`);
  }
  note(`written to ${options.html}`);
}
