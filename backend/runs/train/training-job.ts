import { proxy } from 'comlink';
import type { PreparedData } from '../../log/data-worker.ts';
import { aboutLog, schemaLogsText } from '../../log/schema-log.ts';
import type { TrainingDataService } from '../../log/training-data.ts';
import { addVersion, type AddVersionDeps } from '../../models/add-version.ts';
import { checkExploration } from '../../../shared/domain/exploration.ts';
import { settingAt, type PlacementSettings } from '../../models/placement-settings.ts';
import { inThread } from '../../process/thread.ts';
import type { RolloutMode } from '../../rollouts/settings.ts';
import type { Database } from '../../store/connect.ts';
import { limitedText } from '../shell/limited-text.ts';
import { prepareInput } from '../shell/run-input.ts';
import type { RunContext, RunEnd, RunJob } from '../shell/run.ts';
import type { GateVerdict } from '../../science/evaluation/gate-report.ts';
import { crossesText, type CrossBudget } from '../../science/training/choose-crosses.ts';
import { windowText } from '../../science/training/choose-window.ts';
import { goLive, type GoLiveDeps } from './go-live.ts';
import { lineageOf } from './lineage.ts';
import type { TrainingInput, TrainingProgress, TrainingResult } from './training-messages.ts';
import type { TrainingSettings } from './settings.ts';
import type { TrainingRequest } from './training-request.ts';
import type { TrainingWorker } from './worker.ts';

export interface TrainingDeps extends AddVersionDeps, GoLiveDeps {
  readonly database: Database;
  readonly trainingData: Pick<TrainingDataService, 'location' | 'settings' | 'prepare'>;
  /** How a version goes live where the request does not say. */
  readonly mode: RolloutMode;
  readonly training: Pick<TrainingSettings, 'gate' | 'crosses'>;
  /** Placements with a lineage of their own. */
  readonly placements: PlacementSettings;
  /** @returns undefined where the edge does not answer. */
  readonly edgeReadsCrosses: () => Promise<boolean | undefined>;
}

/** Learns a version, stores it, and brings it to visitors if it passed the gate. */
export function trainingJob(deps: TrainingDeps, request: TrainingRequest): RunJob {
  // The scope is of what is live, and says no more than the placement.
  const { parent, startFrom, scope: _, ...asked } = request;
  return {
    params: {
      ...asked,
      parent: parent.version,
      ...(startFrom && { startFrom: startFrom.version }),
      schema: parent.schema.name,
    },
    carryOut: (run) => carryOut(deps, request, run),
  };
}

async function carryOut(
  deps: TrainingDeps,
  request: TrainingRequest,
  run: RunContext,
): Promise<RunEnd> {
  const { prepared, result } = await learn(deps, request, run);
  const { quality, otherLogs: others } = prepared;
  const { scorer: learned, ...report } = result;
  const setting = settingAt(deps.placements, request.placement);
  const scorer = setting?.exploration
    ? {
        ...learned,
        exploration: checkExploration({ ...learned.exploration, ...setting.exploration }),
      }
    : learned;
  const passed = result.gate.verdict === 'promote';
  const forced = request.force && (!passed || result.missing.length > 0);
  const version = await addVersion(deps, scorer, lineageOf(request, prepared, result, forced));
  const wanted = request.publish && (passed || request.force);
  const gate = passed ? result.gate : overruled(result.gate);
  const { placement } = request;
  const how = {
    by: `run ${run.id}`,
    mode: request.rollout ?? deps.mode,
    ...(placement !== undefined && { placement }),
  };
  const { outcome, isGoingLive } = wanted
    ? await goLive(deps, version, gate, how)
    : {
        isGoingLive: false,
        outcome: `stored, not promoted${quality.passed ? '' : `: the data failed its checks: ${quality.failures.join('; ')}`}`,
      };
  const limits = limitedText(result.limited);
  const latest = windowText(result.window);
  const crosses = crossesText(result.crosses);
  const remains = result.firstPassRemains === undefined ? '' : `${result.firstPassRemains}; `;
  return {
    version,
    progress: { ...report, quality, outcome, isGoingLive, forced, otherLogs: others.map(aboutLog) },
    summary: `${version} from ${result.counts.rewarded} rewarded rankings${limits === undefined ? '' : ` (${limits})`}: ${latest === undefined ? '' : `${latest}; `}${crosses === undefined ? '' : `${crosses}; `}${remains}${result.gate.reason}; ${outcome}${others.length > 0 ? `; of other schemas: ${schemaLogsText(others)}` : ''}`,
  };
}

/** Prepares the data and learns, in a thread of its own. */
function learn(
  deps: TrainingDeps,
  request: TrainingRequest,
  run: RunContext,
): Promise<{ prepared: PreparedData; result: TrainingResult }> {
  const { database, trainingData, training, mode } = deps;
  const trainIn = inThread<TrainingWorker>(new URL('./worker.ts', import.meta.url));
  return trainIn(async (thread) => {
    const { input, prepared } = await prepareInput(trainingData, request);
    const { startFrom, learner, name, l2, method, objective } = request;
    const { passed, failures } = prepared.quality;
    const crosses = await crossBudget(deps, run.log);
    const sent: TrainingInput = {
      ...input,
      quality: { passed, failures },
      database,
      learner,
      name,
      rules: {
        ...training.gate,
        ...settingAt(deps.placements, request.placement)?.gate,
        mode: request.rollout ?? mode,
      },
      ...(crosses && { crosses }),
      ...(startFrom && { startFrom }),
      ...(l2 !== undefined && { l2 }),
      ...(method && { method }),
      ...(objective && { objective }),
    };
    const onProgress = (progress: TrainingProgress) => run.reportOften(progress);
    const result = await thread.call((worker) =>
      worker.train(sent, proxy(onProgress), proxy(run.log)),
    );
    return { prepared, result };
  });
}

/** @returns undefined where it is not known what the edge reads: the crosses of the version before remain, and no others are learned. */
export async function crossBudget(
  {
    training: { crosses },
    edgeReadsCrosses,
  }: Pick<TrainingDeps, 'edgeReadsCrosses'> & {
    readonly training: Pick<TrainingSettings, 'crosses'>;
  },
  log: (line: string) => void,
): Promise<CrossBudget | undefined> {
  if (crosses.pairs === 0) return crosses;
  const reads = await edgeReadsCrosses();
  if (reads === true) return crosses;
  log(
    reads === undefined
      ? 'the edge does not answer whether it reads learned crosses: no new ones are learned'
      : 'the edge does not read learned crosses yet: none are learned until the Worker is upgraded',
  );
  return reads === undefined ? undefined : { ...crosses, pairs: 0 };
}

const overruled = ({ reason }: GateVerdict): GateVerdict => ({
  verdict: 'promote',
  reason: `forced, against "${reason}"`,
});
