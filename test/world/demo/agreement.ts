import { json } from '../../../backend/client/backend-client.ts';
import type { Version } from '../../../shared/domain/ids.ts';
import { sumOf } from './seen.ts';
import type { Plan, Teller } from './story.ts';
import { within } from './within.ts';

/** Rankings of a version and those with a click: as its visitors counted them, and as the system reports. */
export interface Agreement {
  readonly version: Version;
  readonly visitors: readonly [rankings: number, clicked: number];
  readonly system: readonly [rankings: number, clicked: number];
}

/** Once the last visitor is gone, the system's own report has to say exactly what they did. @throws Missed where events are missing. */
export async function agreement({
  client,
  crowd,
  signal,
  plan: { limitMs },
}: Pick<Teller, 'client' | 'crowd' | 'signal'> & {
  readonly plan: Pick<Plan, 'limitMs'>;
}): Promise<Agreement[]> {
  const sent = crowd.sent();
  let said = '';
  await within(
    limitMs,
    `all ${sent.rankings} rankings and ${sent.events} events are counted`,
    signal,
    async () => {
      const { counts } = await json(client.status.$get());
      said = `${counts.decisions} and ${counts.events}`;
      return (counts.decisions === sent.rankings && counts.events === sent.events) || undefined;
    },
    () => said,
  );
  const seen = crowd.seen();
  const { versions } = await json(client.clicks.$get({ query: {} }));
  return versions.map(({ version, rankings, clicked }) => {
    const own = sumOf(seen, (one) => one.version === version);
    return {
      version: version as Version,
      visitors: [own.rankings, own.happened.clicked],
      system: [rankings, clicked],
    };
  });
}
