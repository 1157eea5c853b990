import { z } from 'zod';
import type { Described, Operation } from './described-operations.ts';
import type { RouteRequest } from './route-request.ts';

export interface RouteAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** A trace, a path of this machine, or the words of a database: what tells an attacker how it is made. */
const INSIDE =
  /\.[cm]?[jt]sx?:\d+:\d+|\\n\s+at |\n\s+at \w|node_modules|\/home\/|\/tmp\/|SQLITE_|SqliteError|LibsqlError|ZodError|TypeError|RangeError/;

type Validator = { safeParse(value: unknown): { success: boolean; error?: z.ZodError } };

/**
 * Holds answers against the document.
 * @param secrets that no answer may hold.
 * @returns the fault of an answer, in words that are the same for the same fault; undefined where there is none.
 */
export function routeFaults(
  { components }: Pick<Described, 'components'>,
  secrets: readonly string[],
) {
  const validators = new Map<object, Validator>();
  const validatorOf = (schema: object): Validator => {
    let known = validators.get(schema);
    if (known === undefined) {
      const within = JSON.parse(
        JSON.stringify({ ...schema, $defs: components }).replaceAll(
          '#/components/schemas/',
          '#/$defs/',
        ),
      ) as Parameters<typeof z.fromJSONSchema>[0];
      validators.set(schema, (known = z.fromJSONSchema(within)));
    }
    return known;
  };

  return ({ operation, method, path }: RouteRequest, answer: RouteAnswer): string | undefined => {
    const route = `${operation.method} ${operation.path}`;
    const { status, text } = answer;
    const isAsked = method === operation.method && leadsTo(operation, path);
    const own = isAsked ? operation.answers[status] : undefined;
    if (status >= 500 && own === undefined) return `${status}: ${route}`;
    if (secrets.some((secret) => text.includes(secret))) return `tells a secret: ${route}`;
    if (INSIDE.test(text)) return `tells of the inside: ${route}`;
    if (method === 'HEAD' || method === 'OPTIONS' || status === 204) return undefined;
    if (!isAsked && (status < 400 || !pathnameOf(path).startsWith('/v1/'))) return undefined;
    const described = own ?? (status >= 400 ? problemsOf(operation) : undefined);
    if (described === undefined) return `${status} is not described: ${route}`;
    return unlike(described, answer, validatorOf, `${status} of ${route}`);
  };
}

const pathnameOf = (path: string): string => new URL(path, 'http://edge.test').pathname;

/** Whether an address is still one of the operation's: `/metrics/..` is that of a page. */
const leadsTo = ({ path: described }: Operation, path: string): boolean => {
  const [asked, parts] = [pathnameOf(path).split('/'), described.split('/')];
  return (
    asked.length === parts.length &&
    parts.every((part, i) => part === asked[i] || (part.startsWith('{') && asked[i] !== ''))
  );
};

/** Operations that can refuse nothing of their own are still refused as the others are. */
const problemsOf = ({ answers }: Operation) =>
  answers.default ?? { 'application/json': { $ref: '#/components/schemas/Problem' } };

function unlike(
  described: Operation['answers'][string],
  { type, text }: RouteAnswer,
  validatorOf: (schema: object) => Validator,
  what: string,
): string | undefined {
  const media = type.split(';')[0].trim().toLowerCase();
  const schema = Object.hasOwn(described, media) ? described[media] : undefined;
  if (schema === undefined) return `has the type "${media}", which is not described: ${what}`;
  if (media !== 'application/json') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return `is no JSON: ${what}`;
  }
  const { success, error } = validatorOf(schema).safeParse(value);
  if (success) return undefined;
  const [issue] = error?.issues ?? [];
  const path = issue?.path
    .map((step) => (typeof step === 'number' ? '[]' : String(step)))
    .join('.');
  return `does not fit its description at ${path} (${issue?.message.slice(0, 80)}): ${what}`;
}
