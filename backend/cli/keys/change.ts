import { InvalidArgumentError, Option } from 'commander';
import { SCOPES, type Scope } from '../../../shared/domain/access-key.ts';
import { moment } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { note, print } from '../../client/print.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

const HOUR_MS = 3_600_000;
const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS };

function scopesOf(text: string): Scope[] {
  const given = text.split(',').map((part) => part.trim());
  const unknown = given.find((part) => !(SCOPES as readonly string[]).includes(part));
  if (unknown === undefined) return given as Scope[];
  throw new InvalidArgumentError(`"${unknown}" is none of ${SCOPES.join(', ')}.`);
}

/** `30m`, `24h`, `7d`, or `0`. */
function durationMs(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,6})([mhd]?)$/.exec(text) ?? [];
  const factor = digits === '0' ? 1 : UNITS_MS[unit];
  if (digits !== undefined && factor !== undefined) return Number(digits) * factor;
  throw new InvalidArgumentError('It must be a time such as 30m, 24h or 7d.');
}

export const createKeyVerb = () =>
  backendVerb('create', 'a new key, which is shown this once')
    .argument('<name>', 'whose it is, or what for, such as "shop"')
    .requiredOption('--scope <scopes>', `with commas between them: ${SCOPES.join(', ')}`, scopesOf)
    .option('--origins <list>', 'whose pages may use it, such as https://shop.example', (text) =>
      text.split(',').map((part) => part.trim()),
    )
    .action(create);

async function create(
  name: string,
  options: VerbOptions & { readonly scope: Scope[]; readonly origins?: string[] },
): Promise<void> {
  const { scope, origins } = options;
  const made = await json(
    backendClient(options).keys.$post({
      json: { name, scopes: scope, ...(origins && { origins }) },
    }),
  );
  print(made, () => made.key, options);
  note('It is not stored and not shown again.');
  noteEdge(made.edge);
}

export const rotateKeyVerb = () =>
  backendVerb('rotate', 'another key in place of one, which goes on for a while')
    .argument('<name>')
    .addOption(
      new Option('--overlap <time>', 'how long the one before goes on: 30m, 24h, 7d')
        .argParser(durationMs)
        .default(24 * HOUR_MS, '24h'),
    )
    .action(rotate);

async function rotate(
  name: string,
  options: VerbOptions & { readonly overlap: number },
): Promise<void> {
  const made = await json(
    backendClient(options).keys[':name'].rotate.$post({
      param: { name },
      json: { overlapMs: options.overlap },
    }),
  );
  print(made, () => made.key, options);
  note(`It is not stored and not shown again. The one before ends ${moment(made.until)}.`);
  noteEdge(made.edge);
}

export const revokeKeyVerb = () =>
  backendVerb('revoke', 'end a key at once, and those that it was rotated from')
    .argument('<name>')
    .action(revoke);

async function revoke(name: string, options: VerbOptions): Promise<void> {
  const ended = await json(backendClient(options).keys[':name'].revoke.$post({ param: { name } }));
  print(
    ended,
    () => (ended.revoked === 0 ? `"${name}" was not in force.` : `"${name}" opens nothing now.`),
    options,
  );
  noteEdge(ended.edge);
}

function noteEdge(problem: string | null): void {
  if (problem !== null)
    note(`warning: the edge does not know yet, and is told again until it does: ${problem}`);
}
