import type { Item } from '../../../shared/domain/item.ts';
import type { Preferences } from '../../../shared/domain/preferences.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { counted } from '../../../shared/text/text.ts';
import { backendClient, backendUrl, json, secretKey } from '../../client/backend-client.ts';
import { note } from '../../client/print.ts';
import { stopSignal } from '../../client/stop-signal.ts';
import { readKeys } from '../../config/keys.ts';
import { stateDir } from '../../config/state-dir.ts';
import { liveVersion } from '../../start/edge-version.ts';
import { exampleRequest } from '../../catalogue/fitting-request.ts';
import { rankCommand, rankOnce } from '../../start/first-ranking.ts';
import { runAll } from '../../start/start.ts';
import { waitFor } from '../../start/wait-for.ts';
import type { LoggedRanking } from '../../replay/mapped/logged-rankings.ts';
import type { Asked } from './ask.ts';
import { firstTraining, trainingText } from './first-training.ts';
import { rankingText } from './init-text.ts';
import { loadCatalogue } from './load-catalogue.ts';

/** What `trimtab init` has found out, and written. */
export interface InitFound {
  readonly definition: object;
  readonly schema: Schema;
  readonly items: readonly Item[];
  readonly preferences: Preferences;
  readonly files: readonly string[];
  /** What people were shown and did before. */
  readonly past: readonly LoggedRanking[] | undefined;
}

export interface RunOptions {
  /** Go on running once the first ranking is shown. */
  readonly stay: boolean;
  readonly edgePort: number;
  readonly backendPort: number;
  readonly json?: boolean;
}

/** A system that runs. */
interface Target {
  readonly edgeUrl: string;
  readonly backendUrl: string;
}

/** Packing and publishing a large catalogue takes some seconds. */
const LIVE_TIMEOUT_MS = 180_000;

/**
 * Imports into the system of this folder, which it starts where none runs, and ranks once. What it started goes on until Ctrl-C.
 * @throws CliError where something does not start or answer.
 */
export async function runInit(found: InitFound, options: RunOptions, asked: Asked): Promise<void> {
  const running = await runningSystem();
  if (running !== undefined) {
    note(`Into the system that runs at ${running.backendUrl}.`);
    return importAndRank(found, running, options, asked, new AbortController().signal);
  }
  note('Starting the edge (workerd) and the backend …');
  const stop = stopSignal();
  const done = new AbortController();
  const signal = AbortSignal.any([stop, done.signal]);
  const ready = Promise.withResolvers<Target>();
  const rankOnceReady = async () => {
    await importAndRank(found, await ready.promise, options, asked, signal);
    if (options.stay) note('\nCtrl-C stops everything; "trimtab start" goes on from here.');
    else done.abort();
  };
  const ranked = rankOnceReady();
  ranked.catch(() => done.abort());
  await runAll(
    {
      edgePort: options.edgePort,
      backendPort: options.backendPort,
      demo: false,
      watch: false,
      onReady: ready.resolve,
      onLine: (from, line) => {
        if (!signal.aborted) note(`${from} | ${line}`);
      },
    },
    signal,
  );
  if (!stop.aborted) await ranked;
}

/** The one that this folder's keys open; undefined where none answers. */
async function runningSystem(): Promise<Target | undefined> {
  if (readKeys(stateDir()) === undefined && !process.env.TRIMTAB_KEY) return undefined;
  const target = {
    backendUrl: backendUrl(undefined),
    edgeUrl: (process.env.TRIMTAB_EDGE ?? 'http://127.0.0.1:8787').replace(/\/+$/, ''),
  };
  try {
    await json(backendClient({ backend: target.backendUrl }).status.$get());
    return target;
  } catch {
    return undefined;
  }
}

async function importAndRank(
  { definition, schema, items, preferences, files, past }: InitFound,
  { edgeUrl, backendUrl: backend }: Target,
  options: RunOptions,
  asked: Asked,
  signal: AbortSignal,
): Promise<void> {
  const uploaded = await loadCatalogue(backendClient({ backend }), definition, items, asked);
  const key = secretKey({});
  await waitFor('what the edge ranks with', LIVE_TIMEOUT_MS, signal, async () => {
    const { schemaHash, ...version } = await liveVersion(edgeUrl, key, items.length, signal);
    if (schemaHash !== schema.hash)
      throw new Error(`the edge ranks ${version.items} items by schema ${schemaHash}`);
  });
  const training =
    past === undefined
      ? undefined
      : await firstTraining({ edgeUrl, backendUrl: backend, key }, past);
  if (training?.isLive === true)
    await waitFor('the version that learned', LIVE_TIMEOUT_MS, signal, async () => {
      const { weights } = await liveVersion(edgeUrl, key, items.length, signal);
      if (weights !== training.version) throw new Error(`the edge ranks by ${weights}`);
    });
  const request = exampleRequest(preferences);
  const ranked = await rankOnce(edgeUrl, key, request);
  if (options.json === true) {
    const answer = {
      files,
      edgeUrl,
      backendUrl: backend,
      imported: uploaded,
      ...(training !== undefined && { training }),
      request,
      ranked,
    };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    return;
  }
  const shownKey = readKeys(stateDir())?.publishableKey ?? 'pk_…';
  process.stdout.write(`
Imported ${counted(uploaded.upserted, 'item')}. ${training === undefined ? '' : `${trainingText(training)}\n\n`}${rankingText(ranked, items, preferences)}

Ask for it yourself:

${rankCommand(edgeUrl, shownKey, request)}

Then: edit schema.json and bring it in with "trimtab schema apply"; see what its buckets hold with "trimtab schema check
schema.json --items <file>"; import a newer file with "trimtab import <file>".
`);
}
