import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Option } from 'commander';
import { messageOf } from '../../../shared/text/message-of.ts';
import { counted } from '../../../shared/text/text.ts';
import { backendClient, json, type BackendClient } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { showProgress, type Progress } from '../../client/progress.ts';
import type { Answer } from '../../http/answers.ts';
import { positive } from '../command/arguments.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

interface Options extends VerbOptions {
  readonly days: number;
  readonly format: 'csv' | 'libsvm' | 'parquet';
  readonly schema?: string;
  readonly out?: string;
}

export const exportDataVerb = () =>
  backendVerb(
    'export',
    'what training reads, for notebooks and other learners: codes, labels, propensities',
  )
    .option('--days <n>', 'how many days, up to the newest ranking', positive, 28)
    .addOption(
      new Option('--format <format>', 'parquet makes a folder of days, the others one file')
        .choices(['parquet', 'libsvm', 'csv'])
        .default('parquet'),
    )
    .option('--schema <schema>', 'hash or name (default: the live one)')
    .option(
      '--out <path>',
      'file or folder (default: training-data, with the ending of the format)',
    )
    .action(exportData);

type Plan = Answer<'/v1/data/export'>;

async function exportData(options: Options): Promise<void> {
  const client = backendClient(options);
  const { days, format, schema } = options;
  const plan = await json(
    client.data.export.$get({
      query: { days: String(days), ...(schema !== undefined && { schema }) },
    }),
  );
  if (plan.days.length === 0)
    throw new CliError(
      `nothing of the last ${counted(days, 'day')} under schema ${plan.schema} may be trained on`,
    );
  const rows = plan.days.reduce((sum, day) => sum + day.rows, 0);
  const out = options.out ?? (format === 'parquet' ? 'training-data' : `training-data.${format}`);
  const progress = showProgress('Exporting', rows, 'rows');
  const run: Run = { client, plan, format, salt: randomBytes(16).toString('hex'), progress };
  try {
    await (format === 'parquet' ? toFolder(out, run) : toFile(out, run));
  } catch (error) {
    throw new CliError(`the export was cut short: ${messageOf(error)}`);
  } finally {
    progress.stop();
  }
  const rankings = plan.days.reduce((sum, day) => sum + day.rankings, 0);
  print(
    { out, format, schema: plan.schema, days: plan.days.length, rankings, rows },
    () =>
      `${counted(rankings, 'ranking')} of ${counted(plan.days.length, 'day')} under schema ${plan.schema} are written to ${out}; ${aboutOf(out, format)} says what the columns are`,
    options,
  );
}

interface Run {
  readonly client: BackendClient;
  readonly plan: Plan;
  readonly format: Options['format'];
  readonly salt: string;
  readonly progress: Progress;
}

/** Readers of folders skip names that begin with `_`. */
const aboutOf = (out: string, format: Options['format']): string =>
  format === 'parquet' ? join(out, '_columns.json') : `${out}.columns.json`;

async function writeAbout(out: string, { plan, format }: Run): Promise<void> {
  await writeFile(aboutOf(out, format), `${JSON.stringify(plan, null, 1)}\n`, { mode: 0o600 });
}

/** `day=2026-11-30/part-0.parquet`, as Hive, DuckDB, Spark and Polars read it. */
async function toFolder(out: string, run: Run): Promise<void> {
  await refuseOtherDays(out, run);
  let done = 0;
  for (const { day, rows } of run.plan.days) {
    const file = join(out, `day=${day}`, 'part-0.parquet');
    const found = await ask(run, day, 0);
    if (found === undefined) {
      // What an earlier export wrote of the day was erased or left out since.
      await rm(file, { force: true });
      continue;
    }
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await whole(file, (aside) => pipeline(found.body, createWriteStream(aside, { mode: 0o600 })));
    run.progress.update((done += rows));
  }
  await writeAbout(out, run);
}

/** Days that stayed would be read with those of this export, by other names of visitors and perhaps other features, and with whoever was erased since. */
async function refuseOtherDays(out: string, { plan }: Run): Promise<void> {
  const own = new Set(plan.days.map(({ day }) => `day=${day}`));
  const names = await readdir(out).catch((): string[] => []);
  const others = names.filter((name) => name.startsWith('day=') && !own.has(name));
  if (others.length > 0)
    throw new Error(
      `${out} has ${counted(others.length, 'day')} of an earlier export (${others[0]}): delete it, or name another folder by --out`,
    );
}

async function toFile(out: string, run: Run): Promise<void> {
  await whole(out, (aside) => pipeline(rowsOf(run), createWriteStream(aside, { mode: 0o600 })));
  await writeAbout(out, run);
}

/** The days one after the other, with rankings numbered through. */
async function* rowsOf(run: Run): AsyncGenerator<Buffer> {
  let [lines, firstGroup] = [0, 0];
  for (const { day } of run.plan.days) {
    const found = await ask(run, day, firstGroup);
    if (found === undefined) continue;
    for await (const bytes of found.body as AsyncIterable<Buffer>) {
      for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
      run.progress.update(lines);
      yield bytes;
    }
    firstGroup += found.rankings;
  }
}

/** Under its name a file is whole. */
async function whole(file: string, write: (aside: string) => Promise<void>): Promise<void> {
  const aside = `${file}.part`;
  try {
    await write(aside);
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/** The client's types know answers in JSON alone. */
interface DayRoute {
  readonly ':day': {
    $get(asked: {
      readonly param: { readonly day: string };
      readonly query: Readonly<
        Record<'format' | 'salt' | 'firstGroup' | 'schema' | 'reward', string>
      >;
    }): Promise<Response>;
  };
}

/** @returns undefined where all of the day was erased or left out meanwhile. */
async function ask({ client, plan, format, salt }: Run, day: string, firstGroup: number) {
  const response = await (client.data.export as unknown as DayRoute)[':day']
    .$get({
      param: { day },
      query: {
        format,
        salt,
        firstGroup: String(firstGroup),
        schema: plan.schemaHash,
        reward: JSON.stringify(plan.reward),
      },
    })
    .catch((error: unknown) => {
      if (error instanceof CliError && error.code === 'no_partition') return undefined;
      throw error;
    });
  return (
    response && {
      body: Readable.fromWeb(response.body as never),
      rankings: Number(response.headers.get('x-trimtab-rankings')),
    }
  );
}
