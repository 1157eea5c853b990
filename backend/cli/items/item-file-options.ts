import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { readDelimiter } from '../../table/delimiter-of.ts';
import { stripTokens, type NumberStyle } from '../../table/read-cell.ts';
import { messageOf } from '../../../shared/text/message-of.ts';

/** A date that a file has in three columns. */
export interface DateParts {
  readonly column: string;
  /** Names of year, month and day. */
  readonly from: readonly string[];
}

export interface TableFileOptions extends NumberStyle {
  readonly delimiter?: string;
}

/** How a file of items is to be read, where its content does not say. */
export interface ItemFileOptions extends TableFileOptions {
  readonly format?: string;
  readonly idColumn?: string;
  readonly date?: readonly DateParts[];
  /** Rows with one id become one item; else the second one is refused. */
  readonly merge?: boolean;
}

/** The options of every command that reads a table. */
export const withTableOptions = (command: Command): Command =>
  command
    .option(
      '--delimiter <character>',
      'between columns, or "tab" (default: comma, semicolon or tab, as the header has it)',
      checked(readDelimiter),
    )
    .option(
      '--strip <texts>',
      `taken away from numbers, such as '$' or '€ EUR'`,
      checked((text) => {
        stripTokens(text);
        return text;
      }),
    )
    .addOption(
      new Option(
        '--decimal <mark>',
        'what marks decimals; the other of . and , then groups thousands',
      ).choices(['.', ',']),
    );

/** The options of every command that reads items from a file. */
export const withItemOptions = (command: Command): Command =>
  withTableOptions(
    command.option(
      '--format <name>',
      'csv, tsv, jsonl or json (an array) (default: by the name of the file)',
    ),
  )
    .option('--id-column <name>', 'column of the id (default: id, in capitals or not)')
    .option(
      '--date <column=year,month,day>',
      'a date from three columns; may be given again',
      (text: string, before: readonly DateParts[] | undefined) => [
        ...(before ?? []),
        datePartsOf(text),
      ],
    );

function datePartsOf(text: string): DateParts {
  const [column, parts = ''] = text.split(/=(.*)/s);
  const from = parts.split(',').map((name) => name.trim());
  if (column !== '' && from.length === 3 && !from.includes('')) return { column, from };
  throw new InvalidArgumentError('It must look like departure=year,month,day.');
}

const checked =
  (parse: (text: string) => string) =>
  (text: string): string => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(`${messageOf(error)}.`);
    }
  };
