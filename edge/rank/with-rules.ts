import type { Cursor } from '../../shared/domain/cursor.ts';
import { rulesInForce } from '../../shared/domain/placed-rules.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import type { RankingInput } from './ranking-input.ts';

/**
 * The request with all rules that hold for its slate, whoever asks for them, and with the pages above. Both arms of an experiment, what is scored in
 * shadow and whoever draws it again from the log read them there.
 */
export function withRules(
  request: RankRequest,
  before: Cursor | undefined,
  { config, operators }: Pick<RankingInput, 'config' | 'operators'>,
  nowMs: number,
): RankRequest {
  const { slateRules: own, ...others } = request;
  const schema = config.weights.scorer.schema.slateRules;
  if (own === undefined && operators === undefined && schema === undefined && before === undefined)
    return request;
  const slateRules = rulesInForce({ request: own, operators, schema }, request.placement, nowMs);
  return {
    ...others,
    ...(slateRules && { slateRules }),
    ...(before && { shown: before.shown }),
  };
}
