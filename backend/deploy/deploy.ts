import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { backendUrlProblem } from './backend-url.ts';
import { checkEdge, type EdgeAnswer } from './check-edge.ts';
import { readEnvFile, writeEnvFile } from './env-file.ts';
import { EDGE_SECRETS, NO_BACKEND_URL, planSecrets, type MadeSecret } from './plan-secrets.ts';
import type { WorkerConfig } from './worker-config.ts';
import type { Wrangler } from './wrangler.ts';

export interface DeployOptions {
  readonly worker: WorkerConfig;
  readonly wrangler: Wrangler;
  /** Where the files of this Worker are kept: one folder for each name. */
  readonly folder: string;
  readonly backendUrl?: string;
  /** Where the edge answers, if not at the address that wrangler names. */
  readonly edgeUrl?: string;
  readonly rotate: readonly string[];
  readonly push: readonly string[];
  /** Brings the code alone, and leaves secrets as they are. */
  readonly codeOnly: boolean;
  readonly edgeChecks: { readonly tries: number; readonly waitMs: number };
  readonly note: (text: string) => void;
}

export interface Deployed {
  readonly worker: string;
  readonly edgeUrl: string | undefined;
  /** Names of the secrets that were set at the edge, and of those whose value is new. */
  readonly set: readonly string[];
  readonly made: readonly string[];
  /** The Worker has them, and nobody here knows their value. */
  readonly unknown: readonly string[];
  /** Names that the Worker still lacks: only where secrets were left alone. */
  readonly missing: readonly string[];
  readonly backendFile: string | undefined;
  /** Pages are given this one: it is no secret. */
  readonly publishableKey: string | undefined;
  readonly answer: EdgeAnswer | undefined;
}

/** Of what is refused before anything is done: each with its remedy. */
export class RefusedDeployment extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'RefusedDeployment';
  }
}

const filesOf = (folder: string) => ({
  edge: join(folder, 'edge.env'),
  backend: join(folder, 'backend.env'),
});

/**
 * The Worker is deployed before it has secrets, as wrangler lists those of a Worker that exists alone; until it has them it
 * answers 503 `not_configured`. Values are on this machine's disk before they are at the edge, where nobody can read them back.
 * @throws RefusedDeployment before anything is done, or, for what only the deployed Worker tells, before a secret is set.
 */
export async function deploy(options: DeployOptions): Promise<Deployed> {
  const { worker, wrangler, folder, note } = options;
  const files = filesOf(folder);
  refuse(problemsBefore(options));
  const inFile = await readEnvFile(files.edge);

  note(`Deploying the Worker ${worker.name} …`);
  const targets = await wrangler.deploy();
  const atEdge = await wrangler.secretNames();
  const backend = await readEnvFile(files.backend);
  const edgeUrl = options.edgeUrl ?? backend.TRIMTAB_EDGE_URL ?? targets.find(isAddress);
  const common = { worker: worker.name, edgeUrl };
  if (options.codeOnly) {
    const missing = EDGE_SECRETS.filter(
      (name) =>
        !atEdge.has(name) &&
        name !== 'USER_SECRET' &&
        !(name === 'IDENTITY_SECRET' && atEdge.has('INGEST_SECRET')),
    );
    return {
      ...common,
      ...NOTHING_SET,
      missing,
    };
  }

  const planned = planSecrets({ ...options, atEdge, inFile, make });
  refuse(planned.problems);
  const { values, set, made, unknown } = planned;
  const from = `The secrets of the Worker ${worker.name}, as "trimtab deploy" keeps them: a copy is worth a safe.`;
  await writeEnvFile(files.edge, values, from);
  await writeEnvFile(
    files.backend,
    backendVariables(values, edgeUrl),
    `What the backend of the Worker ${worker.name} reads. Lines of your own stay.`,
  );
  if (set.length > 0) {
    note(`Setting ${set.join(', ')} …`);
    await wrangler.setSecrets(Object.fromEntries(set.map((name) => [name, values[name]])));
  }
  const [secretKey] = (values.SECRET_KEYS ?? '').split(',');
  const answer =
    edgeUrl === undefined || secretKey === ''
      ? undefined
      : await checkEdge(edgeUrl, secretKey, options.edgeChecks);
  return {
    ...common,
    set,
    made,
    unknown,
    missing: [],
    backendFile: files.backend,
    publishableKey: values.PUBLISHABLE_KEYS?.split(',')[0],
    answer,
  };
}

/** Without a network, and without a change: what a deployment would refuse by itself, and whether the Worker can be built. */
export async function dryRun(
  options: DeployOptions,
): Promise<{ readonly kept: readonly string[] }> {
  refuse(problemsBefore(options));
  const inFile = await readEnvFile(filesOf(options.folder).edge);
  // The Worker may have it already, of which only the account knows; a file from before would hold it, too.
  if (!options.codeOnly && (options.backendUrl ?? inFile.BACKEND_URL) === undefined)
    refuse([NO_BACKEND_URL]);
  await options.wrangler.dryRun();
  return { kept: EDGE_SECRETS.filter((name) => inFile[name] !== undefined) };
}

const NOTHING_SET = {
  set: [],
  made: [],
  unknown: [],
  backendFile: undefined,
  publishableKey: undefined,
  answer: undefined,
} as const;

const SECRET_BYTES = 24;
const PREFIXES: Readonly<Partial<Record<MadeSecret, string>>> = {
  PUBLISHABLE_KEYS: 'pk_',
  SECRET_KEYS: 'sk_',
};
const make = (name: MadeSecret): string =>
  `${PREFIXES[name] ?? ''}${randomBytes(SECRET_BYTES).toString('base64url')}`;

function problemsBefore({ worker, backendUrl, edgeUrl }: DeployOptions): string[] {
  const backend = backendUrl === undefined ? undefined : backendUrlProblem(backendUrl);
  return [
    ...(/^[a-z0-9][a-z0-9-]{0,53}$/.test(worker.name)
      ? []
      : [`"${worker.name}" is no name of a Worker: a to z, 0 to 9 and -, at most 54`]),
    ...worker.placeholders.map(
      (binding) =>
        `the id of ${binding} in wrangler.toml is a placeholder: leave the line out, and a namespace is made for it, or put the id of yours there`,
    ),
    ...(backend === undefined ? [] : [`--backend-url: ${backend}`]),
    ...(edgeUrl === undefined || isAddress(edgeUrl)
      ? []
      : [`--edge-url: "${edgeUrl}" is no address`]),
  ];
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new RefusedDeployment(problems);
}

const isAddress = (text: string): boolean => /^https?:\/\//.test(text) && URL.canParse(text);

/** The backend has no use for token secrets and publishable keys, so it is not given them. */
function backendVariables(
  values: Readonly<Record<string, string>>,
  edgeUrl: string | undefined,
): Record<string, string> {
  const named = {
    TRIMTAB_EDGE_URL: edgeUrl,
    TRIMTAB_SECRET_KEYS: values.SECRET_KEYS,
    TRIMTAB_INGEST_SECRET: values.INGEST_SECRET,
    TRIMTAB_IDENTITY_SECRET: values.IDENTITY_SECRET,
  };
  return Object.fromEntries(
    Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
