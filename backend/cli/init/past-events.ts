import type { Item } from '../../../shared/domain/item.ts';
import { count, counted } from '../../../shared/text/text.ts';
import { formatOf } from '../../catalogue/files/read-items.ts';
import { CliError } from '../../client/failure.ts';
import { note } from '../../client/print.ts';
import type { Role } from '../../replay/events/event-words.ts';
import type { LoggedRanking } from '../../replay/mapped/logged-rankings.ts';
import { jsonRows } from '../../table/json-rows.ts';
import { openTable } from '../../table/open-table.ts';
import type { Asked } from './ask.ts';

/**
 * Past events as lists that were shown, of items of the catalogue. What a person alone knows is asked.
 * @throws CliError saying why nothing can be learned from the file, or ApiError where it cannot be read.
 */
export async function readPastEvents(
  file: string,
  items: readonly Item[],
  asked: Asked,
): Promise<readonly LoggedRanking[]> {
  // Imported here, so that the other verbs, which do not need it, start faster.
  const { guessEvents } = await import('../../replay/events/guess-events.ts');
  const rows: unknown[] = [];
  for await (const row of rowsOf(file)) rows.push(row);
  const known = new Set<string>(items.map(({ id }) => id));
  const given: Partial<Record<Role, string>> = {};
  for (;;) {
    const found = guessEvents(rows, known, given);
    if ('why' in found) throw new CliError(`${file}: ${found.why}`);
    if ('question' in found) {
      const { role, text, columns } = found.question;
      if (!asked.isPerson || columns.length === 0 || given[role] !== undefined)
        throw new CliError(
          `${file}: no name of a column answers: ${text} Rename it to ${role === 'at' ? 'timestamp' : 'session_id'}; the columns are ${columns.join(', ')}`,
        );
      const choices = columns.map((value) => ({ value, meaning: 'a column' }));
      given[role] = await asked.choose({ text, choices, otherwise: columns[0] });
      continue;
    }
    const { about, rankings: log } = found.guess;
    const rankings = ofCatalogue(log.rankings, known);
    const actions = rankings.reduce((sum, one) => sum + one.actions.length, 0);
    note(
      `${file}: ${about}. ${counted(rankings.length, 'list')} of items of the catalogue, ${counted(actions, 'action')} on them; ${count(log.unmatched)} on items that no list has, ${counted(log.unread, 'row')} not read.`,
    );
    if (rankings.length === 0 || actions === 0)
      throw new CliError(
        `${file}: nothing can be learned from it: no list has two items of the catalogue and something done with one of them`,
      );
    return rankings;
  }
}

/** Without items that there are no more: of a list with one item nothing is learned. */
const ofCatalogue = (
  rankings: readonly LoggedRanking[],
  known: ReadonlySet<string>,
): LoggedRanking[] =>
  rankings.flatMap((one) => {
    const itemIds = one.itemIds.filter((id) => known.has(id));
    if (itemIds.length < 2) return [];
    return [{ ...one, itemIds, actions: one.actions.filter(({ itemId }) => known.has(itemId)) }];
  });

async function* rowsOf(file: string): AsyncGenerator {
  if (formatOf(file, undefined) === 'json') {
    for await (const { value } of jsonRows(file)) yield value;
    return;
  }
  const table = await openTable(file);
  for await (const { cells } of table.rows())
    yield Object.fromEntries(table.header.map((column, i) => [column, cells[i]]));
}
