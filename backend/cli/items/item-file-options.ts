import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { readDelimiter } from '../../table/delimiter-of.ts';
import { stripTokens, type NumberStyle } from '../../table/read-cell.ts';
import { DATE_ORDERS, type DateParts, type ItemFile } from '../../catalogue/files/item-file.ts';
import { messageOf } from '../../../shared/text/message-of.ts';

export interface TableFileOptions extends NumberStyle {
  readonly delimiter?: string;
}

/** The options of a command that reads items from a file, as they were given. */
export interface ItemFileOptions extends Omit<ItemFile, 'sets'> {
  readonly set?: Readonly<Record<string, string>>;
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
    )
    .addOption(
      new Option('--date-order <order>', 'how dates such as 05/06/2027 are written').choices(
        DATE_ORDERS,
      ),
    )
    .option(
      '--set <column=separator>',
      'what stands between the values of a set (default: |); may be given again',
      (text: string, before: Readonly<Record<string, string>> | undefined) => ({
        ...before,
        ...separatorOf(text),
      }),
    )
    .option(
      '--missing <text>',
      'a text that means a missing value, such as "-"; may be given again',
      (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
    );

/** How a command was told to read its file, by the names of `ItemFile`. */
export const itemFileOf = ({ set, ...options }: ItemFileOptions): ItemFile => ({
  ...options,
  ...(set !== undefined && { sets: set }),
});

function separatorOf(text: string): Readonly<Record<string, string>> {
  const [column, separator = ''] = text.split(/=(.*)/s);
  if (column !== '' && separator !== '') return { [column]: separator };
  throw new InvalidArgumentError('It must look like tags=";".');
}

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
