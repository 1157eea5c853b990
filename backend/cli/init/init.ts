import { basename, join } from 'node:path';
import type { Command } from 'commander';
import type { Item } from '../../../shared/domain/item.ts';
import { parseSchema, type Schema } from '../../../shared/features/schema.ts';
import { count, counted } from '../../../shared/text/text.ts';
import { examplePreferences } from '../../catalogue/example-request.ts';
import type { ItemFile } from '../../catalogue/files/item-file.ts';
import { readItems, refusalsText } from '../../catalogue/files/read-items.ts';
import { sampleRows } from '../../catalogue/files/sample-rows.ts';
import type { Guess, Row } from '../../catalogue/propose/guess.ts';
import { guessColumns } from '../../catalogue/propose/guess-columns.ts';
import { proposeSchema, type SchemaProposal } from '../../catalogue/propose/propose-schema.ts';
import { CliError } from '../../client/failure.ts';
import { note } from '../../client/print.ts';
import { port } from '../command/arguments.ts';
import { localVerb } from '../command/verb.ts';
import { itemFileOf, withItemOptions, type ItemFileOptions } from '../items/item-file-options.ts';
import { atTerminal, nobody, type Asked } from './ask.ts';
import { proposalText } from './init-text.ts';
import { readPastEvents } from './past-events.ts';
import { refuseOverwriting, writeProject } from './project-files.ts';
import type { RunOptions } from './run-init.ts';

/** Enough to tell types and quantiles by, and read in about a second. */
const SAMPLED_ROWS = 20_000;
/** More refused rows than this show that the file was not understood. */
const MOST_REFUSED_SHARE = 0.1;

interface InitOptions extends ItemFileOptions, RunOptions {
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly start: boolean;
  readonly events?: string;
}

export const initVerb = (): Command =>
  withItemOptions(
    localVerb(
      'init',
      'rank a catalogue of your own: proposes a schema, writes the configuration, imports, and ranks once',
    ).argument('<file>', 'catalogue, as "trimtab import" takes it'),
  )
    .option('--events <file>', 'what people were shown and clicked before: the first training')
    .option('--yes', 'ask nothing, and take what is likeliest')
    .option('--force', 'overwrite schema.json and trimtab.config.ts')
    .option('--no-start', 'only write the files')
    .option('--no-stay', 'stop again once the first ranking is shown')
    .option(
      '--edge-port <port>',
      'where the edge listens (env TRIMTAB_EDGE_PORT)',
      port,
      portOf('TRIMTAB_EDGE_PORT', 8787),
    )
    .option(
      '--backend-port <port>',
      'where the backend does (env TRIMTAB_BACKEND_PORT)',
      port,
      portOf('TRIMTAB_BACKEND_PORT', 8788),
    )
    .action(init);

const portOf = (variable: string, otherwise: number): number =>
  process.env[variable] ? port(process.env[variable]) : otherwise;

async function init(file: string, options: InitOptions): Promise<void> {
  const folder = process.cwd();
  if (options.events !== undefined && !options.start)
    throw new CliError('--events needs a system to learn in: leave --no-start out', 2);
  if (options.force !== true) refuseOverwriting(folder);
  // The state lies beside the configuration, whatever a folder above has.
  process.env.TRIMTAB_DIR ||= join(folder, '.trimtab');
  const asked = options.yes === true || !process.stdin.isTTY ? nobody : atTerminal();
  try {
    const found = await propose(file, options, asked);
    const past =
      options.events === undefined
        ? undefined
        : await readPastEvents(options.events, found.items, asked);
    const files = writeProject(folder, found.proposal.definition, found.read, basename(file));
    note(`\nWrote ${files.join(' and ')}.`);
    if (!options.start) {
      note(
        `Next, in this folder: "npx trimtab start --no-demo", and once it is ready "npx trimtab import ${file}" in another terminal.`,
      );
      return;
    }
    const { runInit } = await import('./run-init.ts');
    await runInit({ ...found, definition: found.proposal.definition, files, past }, options, asked);
  } finally {
    asked.close();
  }
}

interface Found {
  readonly read: ItemFile;
  readonly proposal: SchemaProposal;
  readonly schema: Schema;
  readonly items: readonly Item[];
  readonly preferences: ReturnType<typeof examplePreferences>;
}

/** Reads the file, asks what it does not tell, and proposes. @throws ApiError or CliError where it cannot be read. */
async function propose(file: string, options: InitOptions, asked: Asked): Promise<Found> {
  const given = fileOptionsOf(options);
  const { header, rows } = await sampleRows(file, given, SAMPLED_ROWS);
  // Imported here, so that the other verbs, which do not need it, start faster.
  const { knownExport } = await import('../../catalogue/files/known-exports.ts');
  const known = knownExport(header);
  if (known !== undefined) note(`${known.about}.`);
  const guess = await guessByAnswers(header, rows, { ...known?.read, ...given }, asked);
  const name = basename(file)
    .replace(/\.gz$/i, '')
    .replace(/\.\w+$/, '');
  const nowMs = Date.now();
  const proposal = proposeSchema(name, guess, rows, nowMs);
  note(`\n${proposalText(basename(file), rows.length, guess, proposal)}\n`);
  if (!(await asked.confirm('Write this as schema.json, and import the file?')))
    throw new CliError(
      'nothing was written: say how to read the file by options ("trimtab init --help")',
    );
  const schema = parseSchema(proposal.definition);
  const { items, refused, merged } = await readItems(file, guess.file, schema.columns);
  refuseTooMany(file, refused, items.length + merged);
  return {
    read: guess.file,
    proposal,
    schema,
    items,
    preferences: examplePreferences(schema, items, nowMs),
  };
}

/** One answer may settle another question, so each is asked by what is known then. */
async function guessByAnswers(
  header: readonly string[],
  rows: readonly Row[],
  known: ItemFile,
  asked: Asked,
): Promise<Guess> {
  const guess = guessColumns(header, rows, known);
  const [question] = guess.open;
  if (question === undefined) return guess;
  const answer = await asked.choose(question);
  return guessByAnswers(header, rows, { ...known, [question.option]: answer }, asked);
}

/** Only what says how files are read: the other options are of this command. */
function fileOptionsOf(options: InitOptions): ItemFile {
  const { format, idColumn, date, merge, dateOrder, missing, delimiter, strip, decimal, set } =
    options;
  const all = itemFileOf({
    format,
    idColumn,
    date,
    merge,
    dateOrder,
    missing,
    delimiter,
    strip,
    decimal,
    set,
  });
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function refuseTooMany(file: string, refused: readonly string[], read: number): void {
  if (refused.length === 0) return;
  const rows = counted(refused.length + read, 'row');
  const told = `${count(refused.length)} of ${rows} refused:\n${refusalsText(refused)}`;
  if (refused.length > MOST_REFUSED_SHARE * (refused.length + read))
    throw new CliError(`${file}: ${told}\nmend the file, or say how to read it by options`);
  note(`${told}\nThe others are imported.`);
}
