import { secretsProblem, entriesOf } from '../../shared/domain/secrets.ts';

/** Secrets of the Worker that are made here, in the order in which they are listed. */
export const MADE_SECRETS = [
  'PUBLISHABLE_KEYS',
  'SECRET_KEYS',
  'TOKEN_SECRET',
  'INGEST_SECRET',
  'IDENTITY_SECRET',
  'USER_SECRET',
] as const;

export type MadeSecret = (typeof MADE_SECRETS)[number];

const BACKEND_URL = 'BACKEND_URL';
export const EDGE_SECRETS = [...MADE_SECRETS, BACKEND_URL] as const;

export type EdgeValues = Readonly<Record<string, string>>;

export interface Wanted {
  /** Names that the Worker has; nobody can read their values back. */
  readonly atEdge: ReadonlySet<string>;
  /** What the file of an earlier deployment holds. */
  readonly inFile: EdgeValues;
  /** Where the operator says anew where the backend is. */
  readonly backendUrl?: string;
  /** These get a new value beside the one that they have. */
  readonly rotate: readonly string[];
  /** These are set to what the file holds, although the Worker has them. */
  readonly push: readonly string[];
  readonly make: (name: MadeSecret) => string;
}

export interface Planned {
  /** What the file is to hold. */
  readonly values: EdgeValues;
  /** The names to set at the edge. */
  readonly set: readonly string[];
  /** Those of `set` whose value is new. */
  readonly made: readonly string[];
  /** What the Worker has and the file lacks: nobody here knows its value. */
  readonly unknown: readonly string[];
  /** Why nothing may be done, each with its remedy. */
  readonly problems: readonly string[];
}

/**
 * What to set, from what there is. A value goes into the file before it goes to the edge, so a run that is cut short is finished
 * by the next one with the same values. What the Worker has is replaced only by name: `rotate`, `push` or `backendUrl`.
 */
export function planSecrets(wanted: Wanted): Planned {
  const { atEdge, inFile, backendUrl, make } = wanted;
  const values: Record<string, string> = { ...inFile };
  const set = new Set<string>();
  const made: string[] = [];
  const problems = namesProblems(wanted);
  // An edge without a secret for ids derives it from the ingest secret: a new one would make everybody another person.
  const derivesIds =
    atEdge.has('INGEST_SECRET') &&
    !atEdge.has('IDENTITY_SECRET') &&
    inFile.IDENTITY_SECRET === undefined;

  for (const name of MADE_SECRETS) {
    const known = inFile[name];
    if (wanted.rotate.includes(name)) {
      if (name === 'INGEST_SECRET' && derivesIds && known === undefined)
        problems.push(
          'INGEST_SECRET is not rotated: ids are keyed by a secret that is derived from it, and its value is not in the file; see SECURITY.md, "Rotating"',
        );
      values[name] = known === undefined ? make(name) : `${make(name)},${known}`;
      made.push(name);
      set.add(name);
    } else if (!atEdge.has(name) && !(name === 'IDENTITY_SECRET' && derivesIds)) {
      if (known === undefined) {
        values[name] = make(name);
        made.push(name);
      }
      set.add(name);
    } else if (wanted.push.includes(name) && known !== undefined) set.add(name);
  }

  if (backendUrl !== undefined) {
    values[BACKEND_URL] = backendUrl;
    if (inFile[BACKEND_URL] !== backendUrl || !atEdge.has(BACKEND_URL)) set.add(BACKEND_URL);
  } else if (!atEdge.has(BACKEND_URL) || wanted.push.includes(BACKEND_URL)) {
    if (inFile[BACKEND_URL] === undefined) problems.push(NO_BACKEND_URL);
    set.add(BACKEND_URL);
  }

  for (const name of MADE_SECRETS) {
    const problem = secretsProblem(name, entriesOf(values[name]));
    if (problem !== undefined && set.has(name)) problems.push(problem);
  }
  const unknown = EDGE_SECRETS.filter(
    (name) => atEdge.has(name) && values[name] === undefined && name !== BACKEND_URL,
  );
  return { values, set: [...set], made, unknown, problems };
}

export const NO_BACKEND_URL =
  'the edge has to know where the backend is: --backend-url https://…, an address that Cloudflare reaches';

/** Names that nothing can be done for. */
function namesProblems({ rotate, push, inFile }: Wanted): string[] {
  return [
    ...[...rotate, ...push]
      .filter((name) => !EDGE_SECRETS.some((known) => known === name))
      .map((name) => `there is no secret "${name}": the Worker has ${EDGE_SECRETS.join(', ')}`),
    ...(rotate.includes(BACKEND_URL)
      ? ['BACKEND_URL is an address and not rotated: use --backend-url']
      : []),
    ...(rotate.includes('IDENTITY_SECRET')
      ? [
          'IDENTITY_SECRET is not rotated by a command, as another one makes everybody a new person: where it has leaked, write "new,old" into the file and --push IDENTITY_SECRET; see SECURITY.md, "Rotating"',
        ]
      : []),
    ...push
      .filter((name) => EDGE_SECRETS.some((known) => known === name) && inFile[name] === undefined)
      .map((name) => `${name} cannot be pushed: the file does not hold it`),
  ];
}
