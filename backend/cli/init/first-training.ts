import { counted } from '../../../shared/text/text.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { note } from '../../client/print.ts';
import type { LoggedRanking } from '../../replay/mapped/logged-rankings.ts';
import { follow } from '../runs/follow.ts';

/** What became of the first training. */
export interface FirstTraining {
  readonly rankings: number;
  readonly events: number;
  /** Null where none was trained. */
  readonly version: string | null;
  readonly isLive: boolean;
  /** Why the version is live, or is not. */
  readonly why: string;
}

/** Sends past lists and what was done with them through the system, as `trimtab replay` does, and trains on them. */
export async function firstTraining(
  target: { readonly edgeUrl: string; readonly backendUrl: string; readonly key: string },
  past: readonly LoggedRanking[],
): Promise<FirstTraining> {
  const [{ replayRankings }, { showProgress }] = await Promise.all([
    import('../../replay/mapped/replay-rankings.ts'),
    import('../../client/progress.ts'),
  ]);
  const backend = backendClient({ backend: target.backendUrl });
  const { edgeUrl, key: secretKey } = target;
  const sent = await replayRankings({ edgeUrl, secretKey, backend, progress: showProgress }, past);
  note(`Learning from ${counted(sent.rankings, 'list')} …`);
  try {
    const asked = { name: 'learned from past events', rollout: 'direct' as const };
    const { runId } = await json(backend.train.$post({ json: asked }));
    const { status, version, error, progress } = await follow(backend, runId);
    if (status === 'failed')
      return { ...sent, version: null, isLive: false, why: error ?? 'the run failed' };
    const isLive = progress.isGoingLive === true;
    const why = [progress.gate?.reason, progress.outcome].filter((one) => one !== undefined);
    return { ...sent, version, isLive, why: why.join('; ') || 'it was not promoted' };
  } catch (error) {
    // What came before is there: the catalogue ranks by the rules.
    if (!(error instanceof CliError)) throw error;
    return { ...sent, version: null, isLive: false, why: messageOf(error) };
  }
}

export const trainingText = ({ rankings, events, version, isLive, why }: FirstTraining): string => {
  const log = `${counted(rankings, 'list')} and ${counted(events, 'event')} of the past are in the log`;
  if (version === null) return `${log}, and nothing was trained on them: ${why}`;
  return isLive
    ? `${log}; ${version} learned from them and is live.`
    : `${log}; ${version} learned from them and is not live: ${why}`;
};
