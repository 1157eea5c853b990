import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../../../shared/text/message-of.ts';
import { backendClient } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { note } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const exportUserVerb = () =>
  backendVerb('export', 'everything that is stored of a user or session, as JSON')
    .argument('[userId]')
    .option('--session <id>', 'what was done in this session while nobody was logged in')
    .option('--out <file>', 'write it to a file that only you may read')
    .action(exportVisitor);

async function exportVisitor(
  userId: string | undefined,
  options: VerbOptions & { session?: string; out?: string },
): Promise<void> {
  const { session, out } = options;
  if ((userId === undefined) === (session === undefined))
    throw new CliError('give a user id, or a session with --session <id>', 2);
  const client = backendClient(options);
  const answer =
    userId !== undefined
      ? await client.users.export.$post({ json: { id: userId } })
      : await client.sessions.export.$post({ json: { id: session! } });
  const stream = Readable.fromWeb((answer as unknown as Response).body as never);
  try {
    if (out === undefined) {
      await pipeline(stream, process.stdout, { end: false });
      return;
    }
    // Under its name it is whole.
    const aside = `${out}.part`;
    try {
      await pipeline(stream, createWriteStream(aside, { mode: 0o600 }));
      await rename(aside, out);
    } catch (error) {
      await rm(aside, { force: true });
      throw error;
    }
    note(`written to ${out}`);
  } catch (error) {
    throw new CliError(`the export was cut short: ${messageOf(error)}`);
  }
}
