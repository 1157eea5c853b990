import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import type { AttributeValue } from '../../../shared/domain/item.ts';
import { count, counted } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

/** As many as a request may have. */
const AT_ONCE = 5000;

interface Options extends VerbOptions {
  readonly file?: string;
}

type Changes = { readonly id: string } & Readonly<Record<string, AttributeValue>>;

export const patchItemsVerb = () =>
  backendVerb('patch', 'change attributes of items, such as a price, and leave the others')
    .argument('[id]', 'item id')
    .argument('[attribute=value...]', 'new values; without one the attribute goes; sets as a|b')
    .option(
      '--file <file>',
      'a line {"id": …, "price": …} of JSON per item in place of these; - is stdin',
    )
    .action(patchItems);

async function patchItems(
  id: string | undefined,
  values: readonly string[],
  options: Options,
): Promise<void> {
  if ((id === undefined) === (options.file === undefined))
    throw new CliError('name an item and what changes of it, or a file with --file');
  const changes = id === undefined ? await changesIn(options.file!) : [changeOf(id, values)];
  const client = backendClient(options);
  const done = { changed: 0, unchanged: 0, unknown: [] as string[] };
  for (let from = 0; from < changes.length; from += AT_ONCE) {
    const one = await json(client.items.$patch({ json: changes.slice(from, from + AT_ONCE) }));
    done.changed += one.changed;
    done.unchanged += one.unchanged;
    done.unknown.push(...one.unknown);
  }
  if (done.unknown.length > 0)
    throw new CliError(
      `there is no item ${done.unknown.join(', ')}${done.changed > 0 ? `; ${counted(done.changed, 'other')} changed` : ''}`,
    );
  print(
    done,
    () =>
      `${counted(done.changed, 'item')} changed, ${count(done.unchanged)} as before; the edge ranks by them within seconds.`,
    options,
  );
}

function changeOf(id: string, values: readonly string[]): Changes {
  if (values.length === 0) throw new CliError('say what changes, such as price=499');
  const attributes: Record<string, AttributeValue> = {};
  for (const given of values) {
    const [name, value] = given.split(/=(.*)/s);
    if (value === undefined || name === '')
      throw new CliError(`"${given}" must look like price=499, or like price= to take it away`);
    attributes[name] = valueOf(value);
  }
  return { ...attributes, id };
}

/** A number is one as JSON has them: the schema reads a text of digits as a number as well where its column is one. */
function valueOf(text: string): AttributeValue {
  if (text === '') return null;
  if (text.includes('|')) return text.split('|').filter((entry) => entry !== '');
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) ? Number(text) : text;
}

async function changesIn(file: string): Promise<Changes[]> {
  const text = file === '-' ? await textOf(process.stdin) : await readFile(file, 'utf8');
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line) as Changes];
    } catch {
      throw new CliError(`${file}: line ${i + 1} is not JSON`);
    }
  });
}
