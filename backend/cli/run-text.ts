import type { GateReport } from '../science/evaluation/gate.ts';
import { count, duration, facts, moment } from '../../shared/text/text.ts';
import { gateText } from '../science/evaluation/gate-text.ts';

interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** A training run: the part of `GET /v1/runs/{id}` that people read. */
export interface Run {
  readonly id: string;
  readonly status: 'queued' | 'running' | 'done' | 'failed';
  readonly version: string | null;
  readonly error: string | null;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly progress: {
    readonly phase?: 'reading' | 'fitting' | 'done';
    readonly slates?: number;
    readonly counts?: { readonly rankings: number; readonly rewarded: number };
    readonly curve?: readonly {
      readonly iteration: number;
      readonly trainLoss: number;
      readonly validationLoss?: number;
    }[];
    readonly learner?: string;
    readonly gate?: GateReport;
    /** Of the minimum data; the run was forced. */
    readonly missing?: readonly string[];
    readonly outcome?: string;
    readonly validation?: Readonly<
      Record<'parent' | 'learned', { readonly mrr?: Estimate; readonly ndcg10?: Estimate }>
    >;
  };
}

export function runText(run: Run): string {
  const { learner, counts, gate, missing, outcome, validation } = run.progress;
  const took = run.finishedAt === null ? '' : `, ${duration(run.finishedAt - run.startedAt)}`;
  const entries: [string, string | null | undefined][] = [
    ['run', run.id],
    ['status', `${run.status}, started ${moment(run.startedAt)}${took}`],
    ['error', run.error],
    ['version', run.version],
    ['learner', learner],
    [
      'learned from',
      counts && `${count(counts.rankings)} rankings, ${count(counts.rewarded)} with a reward`,
    ],
    ['loss', lossText(run)],
    [
      'MRR as logged',
      validation?.learned.mrr &&
        `${estimate(validation.learned.mrr)}, its parent ${estimate(validation.parent.mrr)}`,
    ],
    [
      'learned without',
      missing === undefined || missing.length === 0 ? undefined : missing.join(', '),
    ],
    ['outcome', outcome],
  ];
  const lines = facts(entries.filter(([, value]) => typeof value === 'string'));
  return gate === undefined ? lines : `${lines}\n\n${gateText(gate)}`;
}

function lossText({ progress: { curve } }: Run): string | undefined {
  const [first, last] = [curve?.[0], curve?.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const lossOf = (step: typeof first) => (step.validationLoss ?? step.trainLoss).toFixed(4);
  return `${lossOf(first)} → ${lossOf(last)} in ${last.iteration} iterations`;
}

const estimate = (value: Estimate | undefined): string =>
  value === undefined
    ? '–'
    : `${value.mean.toFixed(3)} [${value.low.toFixed(3)}, ${value.high.toFixed(3)}]`;
