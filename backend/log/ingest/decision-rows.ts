import { DEFAULT_CONSENT } from '../../../shared/domain/consent.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { DEFAULT_PLACEMENT } from '../../../shared/domain/placement.ts';
import type { Cell } from '../../store/insert-rows.ts';

export const DECISION_COLUMNS = [
  'rankingId',
  'at',
  'sessionId',
  'userId',
  'placement',
  'consent',
  'arm',
  'weights',
  'delta',
  'schemaHash',
  'snapshot',
  'degraded',
  'seed',
  'temperature',
  'epsilon',
  'poolSize',
  'limit',
  'request',
  'itemIds',
  'units',
  'propensities',
  'codes',
  'shadow',
  'teams',
] as const;

export const decisionRow = (decision: Decision): Cell[] => [
  decision.rankingId,
  decision.at,
  decision.sessionId,
  decision.userId ?? null,
  decision.context?.placement ?? DEFAULT_PLACEMENT,
  decision.context?.consent ?? DEFAULT_CONSENT,
  decision.arm ?? null,
  decision.weights,
  decision.delta,
  decision.schemaHash,
  decision.snapshot,
  decision.degraded ? 1 : 0,
  decision.seed,
  decision.exploration.temperature,
  decision.exploration.epsilon,
  decision.exploration.poolSize,
  decision.limit,
  decision.request,
  JSON.stringify(decision.itemIds),
  // This machine's byte order is little-endian, as the columns are: so is every one that Node runs on.
  new Uint8Array(Int32Array.from(decision.units).buffer),
  new Uint8Array(Float64Array.from(decision.propensities).buffer),
  decision.codes,
  decision.shadow === undefined ? null : JSON.stringify(decision.shadow),
  decision.teams ?? null,
];
