import type { Command } from 'commander';
import { bucketLabel, parseSchema } from '../../shared/features/schema.ts';
import { facts, moment, table } from '../../shared/text/text.ts';
import { version } from './arguments.ts';
import { backendClient } from '../client/backend-client.ts';
import type { LiveWeights } from './live-weights.ts';
import { print } from '../client/print.ts';
import { backendVerb, type VerbOptions } from './verb.ts';

interface About {
  readonly version: string;
  readonly parent: string | null;
  readonly name: string;
  readonly schemaName: string;
  readonly schemaHash: string;
  /** Epoch ms. */
  readonly createdAt: number;
}

interface Whole extends About {
  readonly schema: unknown;
  readonly points: Readonly<Record<string, readonly number[]>>;
}

export const weightsCommand = (): Command =>
  backendVerb('weights', 'every version, newest first; or the points of one')
    .argument('[version]', 'show this version', version)
    .action(showWeights);

async function showWeights(wanted: string | undefined, options: VerbOptions): Promise<void> {
  const client = backendClient(options);
  if (wanted !== undefined) {
    const whole = await client.call<Whole>('GET', `/v1/weights/${wanted}`);
    print(whole, () => wholeText(whole), options);
    return;
  }
  const [{ weights }, live] = await Promise.all([
    client.call<{ weights: About[] }>('GET', '/v1/weights'),
    client.call<{ weights: LiveWeights | null }>('GET', '/v1/status'),
  ]);
  print(
    weights,
    () =>
      table(
        ['version', 'name', 'schema', 'parent', 'made', ''],
        weights.map((w) => [
          w.version,
          w.name,
          w.schemaName,
          w.parent,
          moment(w.createdAt),
          w.version === live.weights?.version ? 'live' : '',
        ]),
      ),
    options,
  );
}

function wholeText({ version: id, parent, name, createdAt, points, ...whole }: Whole): string {
  const schema = parseSchema(whole.schema);
  const rows = schema.features.flatMap((spec) =>
    (points[spec.name] ?? []).map((value, bucket) => ({ spec, bucket, value })),
  );
  const about = facts([
    ['version', id],
    ['name', name],
    ['parent', parent],
    ['schema', `${schema.name} (${schema.hash})`],
    ['made', moment(createdAt)],
  ]);
  const shown = rows.filter(({ value }) => value !== 0);
  return `${about}\n\n${table(
    ['feature', 'when', 'points'],
    shown.map(({ spec, bucket, value }) => [spec.name, bucketLabel(spec, bucket), value]),
  )}`;
}
