import { availableParallelism } from 'node:os';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';
import type { Version } from '../../../shared/domain/ids.ts';
import { parseMoment } from '../../../shared/domain/moment.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import { counted } from '../../../shared/text/text.ts';
import { secretKey } from '../../client/backend-client.ts';
import { note } from '../../client/print.ts';
import type { ScoreRun } from '../../offline/score-file.ts';
import { positive, version } from '../command/arguments.ts';
import { localVerb } from '../command/verb.ts';

interface Options {
  readonly weights?: Version;
  readonly at?: number;
  readonly seed: number;
  readonly threads?: number;
  readonly out?: string;
  readonly edge: string;
  readonly key?: string;
  readonly json?: boolean;
}

export const scoreVerb = () =>
  localVerb('score', 'rank a file of requests on this machine, as the edge does, and log nothing')
    .argument('<file>', 'JSON lines, each a body of POST /v1/rank; also gzipped; - is stdin')
    .option('--weights <version>', 'by which to rank (default: the live champion)', version)
    .option('--at <moment>', 'of all rankings, as 2027-05-06T10:00:00Z (default: now)', moment)
    .option('--seed <n>', 'of the first line; each line has the next one', positive, 1)
    .option('--threads <n>', 'how many rank side by side (default: one per core)', positive)
    .option('--out <file>', 'write the answers there, as JSON lines (default: stdout)')
    .option(
      '--edge <url>',
      'edge whose weights and catalogue are read (env TRIMTAB_EDGE)',
      process.env.TRIMTAB_EDGE ?? 'http://127.0.0.1:8787',
    )
    .option('--key <sk_…>', 'secret key; better TRIMTAB_KEY, as others see what is typed')
    .action(score);

function moment(text: string): number {
  try {
    return parseMoment(text, 'it');
  } catch (error) {
    throw new InvalidArgumentError(`${messageOf(error)}.`);
  }
}

async function score(file: string, options: Options): Promise<void> {
  // Imported here, so that the other verbs, which do not need it, start faster.
  const [
    { edgeKv },
    { readPublished },
    { relatedReader },
    { linesOf, MAX_LINE_BYTES, scoreFile },
    { readText },
    { showProgress },
  ] = await Promise.all([
    import('../../models/edge-kv.ts'),
    import('../../offline/published.ts'),
    import('../../offline/related-reader.ts'),
    import('../../offline/score-file.ts'),
    import('../../table/read-text.ts'),
    import('../../client/progress.ts'),
  ]);
  const { seed, threads = availableParallelism(), out, edge, weights, at = Date.now() } = options;
  const kv = edgeKv({ edgeUrl: edge.replace(/\/+$/, ''), secretKey: secretKey(options) });
  // Of stdin, which can be read once, nobody knows how much is to come.
  const lines = file === '-' ? undefined : await countOf(linesOf(readText(file, MAX_LINE_BYTES)));
  const published = await readPublished(kv, weights);
  const handle = out === undefined ? undefined : await open(out, 'w');
  const progress = lines === undefined ? undefined : showProgress('Ranking', lines, 'lines');
  const run: ScoreRun = {
    threads,
    seed,
    nowMs: at,
    related: relatedReader(kv, published),
    write: async (text) => (handle === undefined ? toStdout(text) : handle.writeFile(text)),
    progress: (done) => progress?.update(done),
  };
  try {
    const { ranked, refused } = await scoreFile(file, published, run).finally(progress?.stop);
    // With answers on stdout, nothing else goes there.
    const text =
      options.json === true
        ? JSON.stringify({ ranked, refused, at, seed })
        : `ranked ${counted(ranked, 'request')}${refused === 0 ? '' : `, refused ${refused}: their answers say why`}`;
    if (out === undefined) note(text);
    else process.stdout.write(`${text}\n`);
  } finally {
    await handle?.close();
  }
}

async function countOf(lines: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of lines) count++;
  return count;
}

async function toStdout(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
