import { join } from 'node:path';
import { facts } from '../../../shared/text/text.ts';
import { CliError } from '../../client/failure.ts';
import { note, print } from '../../client/print.ts';
import { stateDir } from '../../config/state-dir.ts';
import { deploy, dryRun, RefusedDeployment, type Deployed } from '../../deploy/deploy.ts';
import { readWorkerConfig } from '../../deploy/worker-config.ts';
import { wranglerOf } from '../../deploy/wrangler.ts';
import { localVerb } from '../command/verb.ts';

interface Options {
  readonly name?: string;
  readonly backendUrl?: string;
  readonly edgeUrl?: string;
  readonly rotate: readonly string[];
  readonly push: readonly string[];
  readonly codeOnly: boolean;
  readonly dryRun: boolean;
  readonly json?: boolean;
}

/** New code and secrets are everywhere within seconds; a new name in the DNS may take longer. */
const EDGE_CHECKS = { tries: 10, waitMs: 3000 };

const list = (text: string, before: readonly string[]) => [...before, ...text.split(',')];

export const deployVerb = () =>
  localVerb('deploy', 'bring the edge to Cloudflare, with KV namespaces and secrets')
    .option('--dry-run', 'only check and build, without a network', false)
    .option(
      '--name <worker>',
      'name of the Worker, such as trimtab-staging (default: that of wrangler.toml)',
    )
    .option('--backend-url <url>', 'where the edge reaches the backend; needed the first time')
    .option('--edge-url <url>', 'where the edge answers (default: as wrangler says)')
    .option('--rotate <secret>', 'give it a new value beside the old one: "new,old"', list, [])
    .option(
      '--push <secret>',
      'set it to what edge.env holds, although the Worker has it',
      list,
      [],
    )
    .option(
      '--code-only',
      'leave secrets as they are; so does a run with CI in its environment',
      false,
    )
    .action(run);

async function run(options: Options): Promise<void> {
  const config = await readWorkerConfig();
  const worker = { ...config, name: options.name ?? config.name };
  const all = {
    ...options,
    worker,
    // What is made by a run whose disk is thrown away would be lost, and with it the way to the edge.
    codeOnly: options.codeOnly || isSet(process.env.CI) || isSet(process.env.WORKERS_CI),
    wrangler: wranglerOf({ name: worker.name, env: process.env, onLine: note }),
    folder: join(stateDir().path, 'deployed', worker.name),
    edgeChecks: EDGE_CHECKS,
    note,
  };
  try {
    if (options.dryRun) {
      const { kept } = await dryRun(all);
      return print(
        { worker: worker.name, provisioned: worker.provisioned, kept },
        () => dryRunText(worker, kept),
        options,
      );
    }
    const deployed = await deploy(all);
    print(deployed, () => deployedText(deployed), options);
    if (deployed.answer?.is === 'refused') process.exitCode = 1;
  } catch (error) {
    if (error instanceof RefusedDeployment) throw new CliError(error.message, 2);
    throw new CliError((error as Error).message);
  }
}

const isSet = (value: string | undefined) =>
  value !== undefined && !['', '0', 'false'].includes(value);

function dryRunText(
  { name, provisioned }: { name: string; provisioned: readonly string[] },
  kept: readonly string[],
): string {
  const namespaces = provisioned.map((binding) => `${name}-${binding.toLowerCase()}`);
  return facts([
    ['Worker', `${name}: it can be built`],
    [
      'KV',
      namespaces.length === 0
        ? 'as wrangler.toml names it'
        : `${namespaces.join(' and ')} are made where the Worker has none`,
    ],
    [
      'secrets',
      kept.length === 0
        ? 'are made where the Worker has none'
        : `${kept.join(', ')} as on this machine`,
    ],
  ]);
}

function deployedText(deployed: Deployed): string {
  const { worker, edgeUrl, set, made, unknown, missing, backendFile, answer } = deployed;
  const lines = [
    facts([
      ['Worker', worker],
      ['edge', edgeUrl ?? 'at an address that wrangler does not tell: --edge-url https://…'],
      ...(deployed.publishableKey === undefined
        ? []
        : ([['key of pages', deployed.publishableKey]] as [string, string][])),
      [
        'secrets',
        set.length === 0
          ? 'unchanged'
          : `set: ${set.join(', ')}; new: ${made.length === 0 ? 'none' : made.join(', ')}`,
      ],
      ...(backendFile === undefined ? [] : ([['backend', backendFile]] as [string, string][])),
    ]),
  ];
  if (missing.length > 0)
    lines.push(
      `The Worker lacks ${missing.join(', ')}, and answers 503 until it has them: "npm run deploy" on a machine of yours makes them.`,
    );
  if (unknown.length > 0)
    lines.push(
      `The Worker has ${unknown.join(', ')}, and no file here holds what they are: bring edge.env from where they were made, or replace them by --rotate.`,
    );
  if (answer?.is === 'refused')
    lines.push(
      `The edge refuses the secret key of the file: ${answer.why}\nWhere the file is right, --push SECRET_KEYS brings it to the edge.`,
    );
  if (answer?.is === 'silent')
    lines.push(`The edge does not answer at ${edgeUrl} yet: ${answer.why}`);
  if (backendFile !== undefined)
    lines.push(
      'Start the backend with that file as its environment; its owner alone can read it (docs/operating.md).',
    );
  return lines.join('\n');
}
