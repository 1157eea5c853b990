import { shown } from '../../shared/domain/shown.ts';
import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { parseVersion } from '../../shared/domain/ids.ts';
import { CHAMPION_ARM, isHoldout } from '../../shared/domain/weight-delta.ts';
import { authorize, type Guarded } from '../http/authorize.ts';
import { jsonResponse } from '../http/json-response.ts';
import { readJson } from '../http/read-body.ts';
import { cellOf } from '../platform/cell.ts';
import type { DeltaResult } from '../platform/durable-objects.ts';
import type { Configured } from '../platform/settings.ts';
import { parseDeltas } from './apply-deltas.ts';

const MAX_BODY_BYTES = 1024 * 1024;
/** Cells, and arm keys of the form `<experiment>:<arm>`. */
const NAME = /^[\w.:-]{1,257}$/;

/**
 * `POST /v1/live/deltas` with `{baseVersion, deltas: [{feature, bucket, points}], replaces?, holdout?, number?, arm?, cell?}`: adds
 * online deltas to the live weights of an arm in a cell, and responds `{version, delta}`. With `replaces: true` the
 * deltas take the place of all earlier ones, and none of them drops those. With `holdout: {id, share, salt}` a share of the sessions
 * stays on the published weights. With `number` decisions name the deltas by it.
 *
 * With `cells` in place of `cell` it does so in each of them, and responds `{version, cells: [{cell, delta} or {cell, refused}]}`: the
 * others get them even if one refuses or does not answer.
 */
export async function handleDeltas(
  request: Request,
  isolate: Configured & Guarded,
  ctx: ExecutionContext,
): Promise<Response> {
  await authorize(request, isolate, 'admin', ctx);
  const { env } = isolate;
  const body = await readJson(request, MAX_BODY_BYTES);
  if (typeof body !== 'object' || body === null)
    throw invalid('the body must be {baseVersion, deltas: [{feature, bucket, points}]}');
  const fields: Partial<
    Record<
      'baseVersion' | 'deltas' | 'replaces' | 'holdout' | 'number' | 'arm' | 'cell' | 'cells',
      unknown
    >
  > = body;
  const baseVersion = parseVersion(fields.baseVersion);
  const { replaces = false, holdout, number } = fields;
  if (typeof replaces !== 'boolean')
    throw invalid(`replaces must be true or false, but was ${shown(replaces)}`);
  const deltas = parseDeltas(fields.deltas, replaces ? 0 : 1);
  if (holdout !== undefined && !isHoldout(holdout))
    throw invalid(`holdout must be {id, share: 0 to 1, salt}, but was ${shown(holdout)}`);
  if (number !== undefined && !isNumber(number))
    throw invalid(
      `number must be a whole number from 1 to ${MAX_NUMBER}, but was ${shown(number)}`,
    );
  const arm = nameOf('arm', fields.arm ?? CHAMPION_ARM);
  const apply = (cell: string) =>
    env.LIVE_WEIGHTS.get(env.LIVE_WEIGHTS.idFromName(`${cell}:${arm}`)).applyDelta(
      arm,
      baseVersion,
      deltas,
      replaces,
      holdout,
      number,
    );
  if (fields.cells !== undefined) {
    const cells = await Promise.all(
      cellsOf(fields.cells).map(async (cell) => ({ cell, ...(await answerOf(apply(cell))) })),
    );
    return jsonResponse({ version: baseVersion, cells });
  }
  const result = await apply(nameOf('cell', fields.cell ?? cellOf(request)));
  if ('refused' in result) {
    const { status, code, message } = result.refused;
    throw new ApiError(status, code, message);
  }
  return jsonResponse(result);
}

/** As a decision has room for it. */
const MAX_NUMBER = 0xffff_ffff;
const isNumber = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_NUMBER;

const MAX_CELLS = 64;

function cellsOf(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_CELLS)
    throw invalid(`cells must be a list of 1 to ${MAX_CELLS} cells`);
  // A cell that is named twice would add the deltas twice.
  return [...new Set(value.map((cell) => nameOf('cell', cell)))];
}

async function answerOf(
  applied: Promise<DeltaResult>,
): Promise<{ delta: number } | { refused: string }> {
  try {
    const result = await applied;
    return 'refused' in result ? { refused: result.refused.message } : { delta: result.delta };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

function nameOf(field: string, value: unknown): string {
  if (typeof value === 'string' && NAME.test(value)) return value;
  throw invalid(`${field} must be 1 to 257 letters, digits, dashes, underscores, dots or colons`);
}
