import { createHash } from 'node:crypto';
import { numberFromText } from '../../../shared/domain/number-text.ts';
import { count, counted } from '../../../shared/text/text.ts';
import { backendClient, json, type BackendClient } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { openTable } from '../../table/open-table.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

/** With the longest ids 1.7 MB, of the 2 that a request may have. */
const AT_ONCE = 2000;
const COLUMNS = [
  'lineId',
  'orderId',
  'kind',
  'value',
  'at',
  'rankingId',
  'itemId',
  'sessionId',
  'userId',
] as const;
/** Reasons that are printed with their lines; the rest are counted. */
const MOST_SHOWN = 20;

export const importOrdersVerb = () =>
  backendVerb('import', 'tell of bookings, refunds and cancellations by a table')
    .argument(
      '<file>',
      `.csv or .tsv with the columns orderId, kind, value, at, and what says where from: ${COLUMNS.slice(5).join(', ')}; - is stdin`,
    )
    .action(importOrders);

type Line = Parameters<BackendClient['orders']['$post']>[0]['json'][number];

async function importOrders(file: string, options: VerbOptions): Promise<void> {
  const table = await openTable(file);
  const unknown = table.header.filter((name) => !(COLUMNS as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new CliError(
      `${file}: there is no column ${unknown.join(', ')}; there are ${COLUMNS.join(', ')}`,
    );
  const client = backendClient(options);
  const [reasons, done] = [[] as string[], { lines: 0, known: 0, counting: 0, refused: 0 }];
  const send = async (rows: readonly { readonly line: number; readonly given: Line }[]) => {
    const { lines } = await json(client.orders.$post({ json: rows.map(({ given }) => given) }));
    lines.forEach(({ is, counts, why }, i) => {
      done.lines++;
      if (is === 'known') done.known++;
      if (counts) done.counting++;
      const isStored = is === 'stored' || is === 'known';
      if (!isStored) done.refused++;
      if (counts || why === 'newer_line') return;
      reasons.push(
        `line ${rows[i].line}, order ${rows[i].given.orderId}: ${isStored ? (why ?? 'no ranking') : is}`,
      );
    });
  };
  let page: { line: number; given: Line }[] = [];
  for await (const { cells, line } of table.rows()) {
    page.push({ line, given: lineOf(table.header, cells, `${file}: line ${line}`) });
    if (page.length < AT_ONCE) continue;
    await send(page);
    page = [];
  }
  if (page.length > 0) await send(page);
  print(
    { ...done, withoutRanking: reasons },
    () =>
      [
        `${counted(done.lines, 'line')}: ${count(done.counting)} credited to a ranking, ${count(done.known)} already known, ${count(done.refused)} refused`,
        ...reasons.slice(0, MOST_SHOWN),
        ...(reasons.length > MOST_SHOWN
          ? [`… and ${count(reasons.length - MOST_SHOWN)} more`]
          : []),
      ].join('\n'),
    options,
  );
}

function lineOf(header: readonly string[], cells: readonly string[], where: string): Line {
  const given = Object.fromEntries(
    header.flatMap((name, i) => (cells[i] === '' ? [] : [[name, cells[i]]])),
  ) as Partial<Record<(typeof COLUMNS)[number], string>>;
  const { orderId, kind, at, value, ...rest } = given;
  if (orderId === undefined || kind === undefined || at === undefined)
    throw new CliError(`${where} needs orderId, kind and at`);
  return {
    // The same row of the same file, or of the next export that still has it, is the same line.
    lineId: createHash('sha256').update(JSON.stringify(cells)).digest('hex').slice(0, 32),
    ...rest,
    orderId,
    // The backend checks it.
    kind: kind as Line['kind'],
    ...(value !== undefined && { value: amountOf(value, where) }),
    at: /^\d+$/.test(at) ? Number(at) : at,
  };
}

function amountOf(text: string, where: string): number {
  const value = numberFromText(text);
  if (Number.isFinite(value)) return value;
  throw new CliError(`${where}: value must be a number such as 249.50, but was "${text}"`);
}
