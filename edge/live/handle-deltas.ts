import { shown } from '../../shared/domain/shown.ts';
import { ApiError, invalid } from '../../shared/domain/errors.ts';
import { parseVersion } from '../../shared/domain/ids.ts';
import { CHAMPION_ARM, isHoldout } from '../../shared/domain/weight-delta.ts';
import { authorize } from '../http/authorize.ts';
import { jsonResponse } from '../http/json-response.ts';
import { readJson } from '../http/read-body.ts';
import { cellOf } from '../platform/cell.ts';
import type { Configured } from '../platform/settings.ts';
import { parseDeltas } from './apply-deltas.ts';

const MAX_BODY_BYTES = 1024 * 1024;
/** Cells, and arm keys of the form `<experiment>:<arm>`. */
const NAME = /^[\w.:-]{1,257}$/;

/**
 * `POST /v1/live/deltas` with `{baseVersion, deltas: [{feature, bucket, points}], replaces?, holdout?, arm?, cell?}`: adds
 * online deltas to the live weights of an arm in a cell, and responds `{version, delta}`. With `replaces: true` the
 * deltas take the place of all earlier ones, and none of them drops those. With `holdout: {id, share, salt}` a share of the sessions
 * stays on the published weights.
 */
export async function handleDeltas(
  request: Request,
  { env, settings }: Configured,
): Promise<Response> {
  authorize(request, settings, 'secret');
  const body = await readJson(request, MAX_BODY_BYTES);
  if (typeof body !== 'object' || body === null)
    throw invalid('the body must be {baseVersion, deltas: [{feature, bucket, points}]}');
  const fields: Partial<
    Record<'baseVersion' | 'deltas' | 'replaces' | 'holdout' | 'arm' | 'cell', unknown>
  > = body;
  const baseVersion = parseVersion(fields.baseVersion);
  const { replaces = false, holdout } = fields;
  if (typeof replaces !== 'boolean')
    throw invalid(`replaces must be true or false, but was ${shown(replaces)}`);
  const deltas = parseDeltas(fields.deltas, replaces ? 0 : 1);
  if (holdout !== undefined && !isHoldout(holdout))
    throw invalid(`holdout must be {id, share: 0 to 1, salt}, but was ${shown(holdout)}`);
  const arm = nameOf('arm', fields.arm ?? CHAMPION_ARM);
  const cell = nameOf('cell', fields.cell ?? cellOf(request));
  const object = env.LIVE_WEIGHTS.get(env.LIVE_WEIGHTS.idFromName(`${cell}:${arm}`));
  const result = await object.applyDelta(arm, baseVersion, deltas, replaces, holdout);
  if ('refused' in result) {
    const { status, code, message } = result.refused;
    throw new ApiError(status, code, message);
  }
  return jsonResponse(result);
}

function nameOf(field: string, value: unknown): string {
  if (typeof value === 'string' && NAME.test(value)) return value;
  throw invalid(`${field} must be 1 to 257 letters, digits, dashes, underscores, dots or colons`);
}
