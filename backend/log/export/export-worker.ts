import { workerData } from 'node:worker_threads';
import { serve } from '../../process/serve.ts';
import { openObjectStore } from '../partitions/open-object-store.ts';
import type { StoreLocation } from '../partitions/object-store.ts';
import { readPart } from '../partitions/part-file.ts';
import { readPartBytes, type Manifest } from '../partitions/partition.ts';
import {
  rowsOfSlate,
  type ExportCell,
  type ExportFormat,
  type TrainingRows,
} from './training-rows.ts';
import { rowWriter } from './write-rows.ts';

export interface ExportJob extends TrainingRows {
  readonly location: StoreLocation;
  readonly manifest: Pick<Manifest, 'parts'>;
  readonly format: ExportFormat;
  /** Whether this day begins the file. */
  readonly isFirst: boolean;
}

/** About a megabyte of text. */
const PIECE_ROWS = 5000;

async function* pieces(job: ExportJob): AsyncGenerator<Uint8Array> {
  const objects = openObjectStore(job.location);
  const writer = rowWriter(job.format, job.features);
  yield writer.begin(job.isFirst);
  let rows: ExportCell[][] = [];
  let group = job.firstGroup;
  for (const part of job.manifest.parts)
    for await (const slate of readPart(await readPartBytes(objects, part))) {
      rows.push(...rowsOfSlate(slate, job, group++));
      if (rows.length < PIECE_ROWS) continue;
      yield writer.rows(rows);
      rows = [];
    }
  if (rows.length > 0) yield writer.rows(rows);
  yield writer.end();
}

const running = pieces(workerData as ExportJob);
const exposed = {
  /** @returns undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const { value, done } = await running.next();
    return done === true ? undefined : value;
  },
};

export type ExportWorker = typeof exposed;
serve(exposed);
