import { rulesInForce } from '../../shared/domain/placed-rules.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import type { Schema } from '../../shared/features/schema.ts';

/** The request with what its schema asks of slates. What operators ask is of live traffic, and not of a version. */
export function withSchemaRules(
  request: RankRequest,
  { slateRules: schema }: Schema,
  nowMs: number,
): RankRequest {
  if (schema === undefined) return request;
  const { slateRules: own, ...others } = request;
  const slateRules = rulesInForce(
    { request: own, operators: undefined, schema },
    request.placement,
    nowMs,
  );
  return { ...others, ...(slateRules && { slateRules }) };
}
