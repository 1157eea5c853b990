import { counted, moment, table } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import type { ErasureReceipt } from '../../http/answers.ts';
import { positive } from '../command/arguments.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const listErasuresVerb = () =>
  backendVerb('erasures', 'erasures with their receipts, newest first')
    .option('--limit <n>', 'how many', positive, 100)
    .action(list);

async function list(options: VerbOptions & { limit: number }): Promise<void> {
  const query = { limit: String(options.limit) };
  const { erasures } = await json(backendClient(options).users.erasures.$get({ query }));
  print(erasures, () => textOf(erasures), options);
}

function textOf(erasures: readonly ErasureReceipt[]): string {
  if (erasures.length === 0) return 'nobody was erased yet.';
  return table(
    ['receipt', 'asked', 'by', 'of', 'rows', 'state'],
    erasures.map((one) => [
      one.id.slice(0, 8),
      moment(one.at),
      one.by,
      one.kind === 'allow' ? 'a user, who is stored again' : `a ${one.kind}`,
      counted(
        Object.values(one.rows).reduce((sum, rows) => sum + rows, 0),
        'row',
      ),
      stateOf(one),
    ]),
  );
}

function stateOf({ completedAt, dueAt, stages }: ErasureReceipt): string {
  if (completedAt !== null) return `complete ${moment(completedAt)}`;
  const open = stages.filter(({ state }) => state === 'open').map(({ place }) => place);
  return `open until ${moment(dueAt)}: ${open.join(', ')}`;
}
