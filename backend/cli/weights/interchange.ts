import { writeFile } from 'node:fs/promises';
import { InvalidArgumentError, Option } from 'commander';
import { fromBase64Url, toBase64Url } from '../../../shared/domain/base64url.ts';
import { RULES_VERSION, type Version } from '../../../shared/domain/ids.ts';
import { parseMoment } from '../../../shared/domain/moment.ts';
import { scorerFromBytes, scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import type { Scorer } from '../../../shared/score/scorer.ts';
import { counted } from '../../../shared/text/text.ts';
import { backendClient, json, type BackendClient } from '../../client/backend-client.ts';
import { note, print } from '../../client/print.ts';
import { number, positive } from '../command/arguments.ts';
import { findVersion, WHICH_VERSION } from '../command/find-version.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

/** A log-odds of 1 is worth as many points in what training learns, so that exploration means the same. */
const POINTS_PER_SCORE = 20;
const DEPTH = 200;
const MOST_DEPTH = 2000;

interface ImportVerbOptions extends VerbOptions {
  readonly format?: 'lightgbm' | 'xgboost' | 'points' | 'vw';
  readonly parent?: string;
  readonly name?: string;
  readonly raw?: boolean;
  readonly missing: 'zero' | 'nan';
  readonly nearestEdge?: boolean;
  readonly pointsPerScore: number;
  readonly depth: number;
  readonly names?: string;
  readonly trainedUntil?: string;
  readonly dryRun?: boolean;
}

export const importWeightsVerb = () =>
  backendVerb(
    'import',
    'store a model of LightGBM, XGBoost or Vowpal Wabbit, or a CSV of points, as a version',
  )
    .argument('<file>', 'as the library saved it')
    .addOption(
      new Option('--format <format>', 'what the file is (default: by its content)').choices([
        'lightgbm',
        'xgboost',
        'points',
        'vw',
      ]),
    )
    .option('--parent <version>', 'whose schema and first pass it has (default: the champion)')
    .option('--name <name>', 'of the version (default: that of the file)')
    .option('--raw', 'it was trained on the values of columns, and not on codes')
    .addOption(
      new Option('--missing <value>', 'what it saw in the place of code 0')
        .choices(['zero', 'nan'])
        .default('zero'),
    )
    .option('--nearest-edge', 'move thresholds that lie within a bucket, in place of refusing them')
    .option(
      '--points-per-score <n>',
      'points that a prediction of 1 is worth',
      above0,
      POINTS_PER_SCORE,
    )
    .option('--depth <n>', 'how many items of the first pass trees re-rank', depth, DEPTH)
    .option('--names <pattern>', 'features of Vowpal Wabbit, such as f^{feature}_{bucket}')
    .option(
      '--trained-until <time>',
      'the newest ranking that it may have learned from (default: now)',
    )
    .option('--dry-run', 'read it, and store nothing')
    .action(importWeights);

function above0(text: string): number {
  const value = number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

function depth(text: string): number {
  const value = positive(text);
  if (value <= MOST_DEPTH) return value;
  throw new InvalidArgumentError(`It must be at most ${MOST_DEPTH}.`);
}

async function importWeights(file: string, options: ImportVerbOptions): Promise<void> {
  const { importModel } = await import('../../interchange/import-model.ts');
  const client = backendClient(options);
  const trainedUntil =
    options.trainedUntil === undefined
      ? undefined
      : parseMoment(options.trainedUntil, '--trained-until');
  const wanted = options.parent;
  const parent = await loadScorer(
    client,
    wanted === undefined ? await championOf(client) : await findVersion(client, wanted),
  );
  const { format, name, names } = options;
  const { scorer, source, notes } = await importModel(file, parent, {
    ...(format !== undefined && { format }),
    ...(name !== undefined && { name }),
    ...(names !== undefined && { names }),
    trainedOn: options.raw === true ? 'raw' : 'codes',
    missing: options.missing,
    nearestEdge: options.nearestEdge === true,
    points: options.pointsPerScore,
    depth: options.depth,
  });
  // A placeholder: the store assigns the real version.
  const bytes = scorerToBytes({ ...scorer, version: RULES_VERSION });
  const made = { kind: scorer.kind, name: scorer.name, schema: scorer.schema.name, ...source };
  const said = () =>
    [
      `${source.library ?? 'points'}: ${source.trees === undefined ? scorer.kind : counted(source.trees, 'tree')}${source.objective === undefined ? '' : ` (${source.objective})`}, ${bytes.length} bytes at the edge`,
      ...notes,
    ].join('\n');
  if (options.dryRun === true) {
    print({ ...made, notes }, () => `${said()}\nit fits; nothing was stored`, options);
    return;
  }
  const { version } = await json(
    client.weights.import.$post({
      json: {
        scorer: toBase64Url(bytes),
        name: scorer.name,
        source,
        ...(trainedUntil !== undefined && { trainedUntil }),
      },
    }),
  );
  print(
    { version, ...made, notes },
    () =>
      `${said()}\nstored as ${version}; nobody is shown it yet. "trimtab evaluate ${version}" judges it on rankings from now on, "trimtab rollouts start ${version}" then takes it through shadow and canary`,
    options,
  );
}

interface ExportVerbOptions extends VerbOptions {
  readonly format: 'lightgbm' | 'csv';
  readonly out?: string;
}

export const exportWeightsVerb = () =>
  backendVerb('export', 'a version as a model of LightGBM, or as a CSV of points')
    .argument('<version>', WHICH_VERSION)
    .addOption(
      new Option('--format <format>', 'lightgbm: its text format; csv: additive points')
        .choices(['lightgbm', 'csv'])
        .default('lightgbm'),
    )
    .option('--out <file>', 'write it there (default: stdout)')
    .action(exportWeights);

async function exportWeights(wanted: string, options: ExportVerbOptions): Promise<void> {
  const [{ writeLightgbm }, { writePoints }] = await Promise.all([
    import('../../interchange/lightgbm/write-lightgbm.ts'),
    import('../../interchange/points-csv.ts'),
  ]);
  const client = backendClient(options);
  const scorer = await loadScorer(client, await findVersion(client, wanted));
  const text = options.format === 'csv' ? writePoints(scorer) : writeLightgbm(scorer);
  const { out } = options;
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  await writeFile(out, text);
  note(`${scorer.version} is written to ${out}`);
}

async function championOf(client: BackendClient): Promise<Version> {
  const { weights } = await json(client.status.$get());
  return (weights?.version ?? RULES_VERSION) as Version;
}

async function loadScorer(client: BackendClient, version: Version): Promise<Scorer> {
  const { scorer } = await json(client.weights[':version'].scorer.$get({ param: { version } }));
  return scorerFromBytes(fromBase64Url(scorer));
}
