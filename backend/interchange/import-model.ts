import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { invalid } from '../../shared/domain/errors.ts';
import { unlearned } from '../../shared/score/posterior.ts';
import {
  additiveFromPoints,
  type Scorer,
  type UnversionedScorer,
} from '../../shared/score/scorer.ts';
import { counted } from '../../shared/text/text.ts';
import type { ForeignModel } from './foreign-model.ts';
import { forestOf } from './forest-of.ts';
import { readLightgbm } from './lightgbm/read-lightgbm.ts';
import { readOwn } from './lightgbm/read-own.ts';
import type { MatchOptions } from './match-features.ts';
import { readPoints } from './points-csv.ts';
import { readVw } from './read-vw.ts';
import { readUbjson } from './xgboost/read-ubjson.ts';
import { parseXgboostJson, readXgboost } from './xgboost/read-xgboost.ts';

export const IMPORT_FORMATS = ['lightgbm', 'xgboost', 'points', 'vw'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

export interface ImportOptions extends MatchOptions {
  readonly format?: ImportFormat;
  readonly name?: string;
  /** How many points a raw prediction of 1 is worth. */
  readonly points: number;
  /** How many items of the first pass trees re-rank. */
  readonly depth: number;
  /** How Vowpal Wabbit's features are named. */
  readonly names?: string;
}

export interface Imported {
  readonly scorer: UnversionedScorer;
  /** Kept in the lineage. */
  readonly source: {
    readonly format: ImportFormat;
    readonly library?: string;
    readonly objective?: string;
    readonly trees?: number;
    readonly file: string;
    readonly sha256: string;
  };
  /** What a reader should know of it, as sentences. */
  readonly notes: readonly string[];
}

const MAX_FILE_BYTES = 512 * 1024 * 1024;

/**
 * Reads a model of another library, or a version that was exported.
 * @param parent whose schema it is for, and whose first pass and exploration it has where the file has none.
 * @throws ApiError 400 with the reason where the edge cannot evaluate it exactly.
 */
export async function importModel(
  file: string,
  parent: Scorer,
  options: ImportOptions,
): Promise<Imported> {
  const { size } = await stat(file).catch(() => {
    throw invalid(`there is no file ${file}`);
  });
  if (size > MAX_FILE_BYTES)
    throw invalid(`${file} has ${size} bytes; models of up to ${MAX_FILE_BYTES} are read`);
  const bytes = new Uint8Array(await readFile(file));
  const format = options.format ?? formatOf(bytes);
  const name =
    options.name ??
    basename(file)
      .replace(/\.[a-z]+$/i, '')
      .slice(0, 80);
  const source = {
    format,
    file: basename(file).slice(0, 200),
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
  const text = () => new TextDecoder().decode(bytes);
  switch (format) {
    case 'lightgbm': {
      const read = readLightgbm(text());
      const own = readOwn(read);
      if (own === undefined) return fromTrees(read.model, parent, { ...options, name }, source);
      if (own.schema.hash !== parent.schema.hash)
        throw invalid(
          `${file} is of schema ${own.schema.name} (${own.schema.hash}), and ${parent.version} of ${parent.schema.name} (${parent.schema.hash}): name a --parent of the same schema`,
        );
      return {
        scorer: { ...own, parent: parent.version, ...(options.name !== undefined && { name }) },
        source: { ...source, library: 'Trimtab', trees: read.model.trees.length },
        notes: [],
      };
    }
    case 'xgboost': {
      const parsed = isUbjson(bytes) ? readUbjson(bytes) : parseXgboostJson(text());
      return fromTrees(readXgboost(parsed), parent, { ...options, name }, source);
    }
    case 'points':
      return { scorer: await readPoints(file, parent, name), source, notes: [] };
    case 'vw':
      return fromVw(text(), parent, { ...options, name }, source);
    default:
      throw format satisfies never;
  }
}

type Named = ImportOptions & { readonly name: string };

function fromTrees(
  model: ForeignModel,
  parent: Scorer,
  options: Named,
  source: Imported['source'],
): Imported {
  const rerank = { depth: options.depth, adds: false };
  const { scorer, moved } = forestOf(model, parent, { ...options, rerank });
  const { library, objective, trees } = model;
  return {
    scorer,
    source: { ...source, library, objective, trees: trees.length },
    notes: [
      `it re-ranks the best ${options.depth} items of the first pass of ${parent.version}`,
      ...(moved.length === 0
        ? []
        : [
            `${counted(moved.length, 'threshold')} were moved to an edge, so that its predictions differ from those of ${library}: ${moved
              .slice(0, 5)
              .map(({ feature, from, to }) => `${feature} ${from} → ${to}`)
              .join(', ')}`,
          ]),
    ],
  };
}

function fromVw(
  text: string,
  parent: Scorer,
  options: Named,
  source: Imported['source'],
): Imported {
  const { schema, exploration, version } = parent;
  const { weights, constant, isCost, isLogistic, reductions } = readVw(text, schema, options.names);
  const points = isCost ? -options.points : options.points;
  const inPoints = Object.fromEntries(
    Object.entries(weights).map(([feature, values]) => [
      feature,
      values.map((value) => value * points),
    ]),
  );
  const { version: _, ...scorer } = additiveFromPoints(schema, inPoints, {
    version,
    parent: version,
    name: options.name,
    exploration,
    ...(isLogistic && { calibration: { intercept: constant, slope: 1 / points } }),
  });
  return {
    scorer: { ...scorer, posterior: unlearned(schema, exploration) },
    source: { ...source, library: 'Vowpal Wabbit', objective: reductions },
    notes: isCost ? ['its weights are of costs, so they count the other way round'] : [],
  };
}

const isUbjson = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x7b && 'iUIlLN$#'.includes(String.fromCharCode(bytes[1]));

/** @throws ApiError 400 where nothing is recognised. */
function formatOf(bytes: Uint8Array): ImportFormat {
  if (isUbjson(bytes)) return 'xgboost';
  const start = new TextDecoder()
    .decode(bytes.subarray(0, 400))
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (start.startsWith('{')) return 'xgboost';
  if (/^tree\r?\n/.test(start)) return 'lightgbm';
  if (start.startsWith('Version ')) return 'vw';
  if (/^[^\n]*\bfeature\b[^\n]*\bpoints\b/.test(start)) return 'points';
  throw invalid(
    `the file is none that is read: LightGBM's text (save_model), XGBoost's JSON or UBJSON (save_model with .json or .ubj), Vowpal Wabbit's readable model, or a CSV with the columns feature, bucket and points; --format says which it is`,
  );
}
