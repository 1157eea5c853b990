import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WRANGLER_CONFIG } from './worker-config.ts';

/** Wrangler's commands of one Worker. Each rejects with what wrangler said. */
export interface Wrangler {
  /** Bundles and uploads the Worker; makes KV namespaces where it has none. @returns addresses that it then answers at. */
  deploy(): Promise<readonly string[]>;
  /** Bundles and checks, without a network. */
  dryRun(): Promise<void>;
  /** Names of secrets that the Worker has. */
  secretNames(): Promise<ReadonlySet<string>>;
  /** Sets these in one request, so all of them or none. */
  setSecrets(values: Readonly<Record<string, string>>): Promise<void>;
}

export interface WranglerOptions {
  /** Name of the Worker. */
  readonly name: string;
  readonly env: NodeJS.ProcessEnv;
  /** Another script in place of wrangler. */
  readonly script?: string;
  readonly config?: string;
  readonly onLine: (line: string) => void;
}

interface Ended {
  readonly stdout: string;
  readonly said: string;
  readonly exitCode: number | null;
}

export function wranglerOf(options: WranglerOptions): Wrangler {
  const { name, onLine } = options;
  const common = [`--config=${options.config ?? WRANGLER_CONFIG}`, `--name=${name}`];
  const must = async (...args: Parameters<typeof run>): Promise<string> => {
    const { stdout, said, exitCode } = await run(...args);
    if (exitCode === 0) return stdout;
    throw new Error(`wrangler ${args[1].slice(0, 2).join(' ')} failed:\n${said}${remedy(said)}`);
  };
  return {
    async deploy() {
      const folder = await mkdtemp(join(tmpdir(), 'trimtab-deploy-'));
      const output = join(folder, 'output.ndjson');
      try {
        await must(options, ['deploy', ...common], '', onLine, {
          WRANGLER_OUTPUT_FILE_PATH: output,
        });
        return targetsOf(await readFile(output, 'utf8').catch(() => ''));
      } finally {
        await rm(folder, { recursive: true });
      }
    },
    async dryRun() {
      await must(options, ['deploy', '--dry-run', ...common], '', onLine);
    },
    async secretNames() {
      const stdout = await must(options, ['secret', 'list', '--format=json', ...common], '');
      return new Set(namesOf(stdout));
    },
    async setSecrets(values) {
      // By standard input: arguments are shown to everybody on the machine, and a file could stay behind.
      await must(options, ['secret', 'bulk', ...common], JSON.stringify(values));
    },
  };
}

/** Nothing is asked, as there is no terminal: so `wrangler.toml` is left as it is, too. */
async function run(
  { env, script }: WranglerOptions,
  args: readonly string[],
  input: string,
  onLine: (line: string) => void = () => {},
  more: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ['--no-warnings', script ?? fileURLToPath(import.meta.resolve('wrangler')), ...args],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...env,
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_HIDE_BANNER: 'true',
        WRANGLER_WRITE_LOGS: 'false',
        WRANGLER_NO_SKILLS_UPDATE_PROMPTS: 'true',
        NO_COLOR: '1',
        ...more,
      },
    },
  );
  let [stdout, said] = ['', ''];
  const hear = (chunk: string) => {
    said += chunk;
    for (const line of chunk.split('\n')) if (line.trim() !== '') onLine(line);
  };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    hear(chunk);
  });
  child.stderr.setEncoding('utf8').on('data', hear);
  // A child that ends without reading is told by its exit code.
  child.stdin.on('error', () => {}).end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ stdout, said: said.trim(), exitCode }));
  });
}

const NOT_SIGNED_IN = /CLOUDFLARE_API_TOKEN|not logged in|Authentication error|code: 10000/i;
const NAME_IS_TAKEN = /namespace with this account ID and title already exists|code: 10014/i;

function remedy(said: string): string {
  if (NOT_SIGNED_IN.test(said))
    return '\nSign in once by "npx wrangler login", or set CLOUDFLARE_API_TOKEN; of several accounts CLOUDFLARE_ACCOUNT_ID names one.';
  if (NAME_IS_TAKEN.test(said))
    return '\nA namespace of that name is left from an earlier Worker: "npx wrangler kv namespace list" shows its id. Put it as `id` beside the binding in wrangler.toml to go on with it, or delete it.';
  return '';
}

/** Lines of JSON: see `WRANGLER_OUTPUT_FILE_PATH` in wrangler's documentation. */
export function targetsOf(ndjson: string): string[] {
  return ndjson
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as { type?: string; targets?: string[] })
    .flatMap(({ type, targets }) => (type === 'deploy' ? (targets ?? []) : []));
}

function namesOf(stdout: string): string[] {
  const from = stdout.indexOf('[');
  try {
    const listed = JSON.parse(stdout.slice(from)) as { readonly name: string }[];
    return listed.map(({ name }) => name);
  } catch {
    throw new Error(`wrangler secret list printed no list:\n${stdout}`);
  }
}
