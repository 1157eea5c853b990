import { bucketLabel, namedLabel } from '../../../shared/features/schema.ts';
import { facts, moment, table } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import type { Answer } from '../../http/answers.ts';
import { belowMinimumsText } from '../../models/below-minimums.ts';
import { findVersion, WHICH_VERSION } from '../command/find-version.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const listVersionsVerb = () =>
  backendVerb('list', 'all versions, newest first').action(list);

export const showVersionVerb = () =>
  backendVerb('show', 'a version and its points').argument('<version>', WHICH_VERSION).action(show);

/** `trimtab weights` and `trimtab weights v000041`. */
export const weightsVerb = () =>
  backendVerb('versions', 'all versions, or one')
    .argument('[version]', WHICH_VERSION)
    .action((wanted: string | undefined, options: VerbOptions) =>
      wanted === undefined ? list(options) : show(wanted, options),
    );

async function list(options: VerbOptions): Promise<void> {
  const client = backendClient(options);
  const [{ weights }, live] = await Promise.all([
    json(client.weights.$get()),
    json(client.status.$get()),
  ]);
  const rows = weights.map((one) => [
    one.version,
    one.name,
    one.schemaName,
    one.parent,
    moment(one.createdAt),
    dataOf(one.belowMinimums),
    one.version === live.weights?.version ? 'live' : '',
  ]);
  print(
    weights,
    () => table(['version', 'name', 'schema', 'parent', 'created', 'data', ''], rows),
    options,
  );
}

/** Whether a version's training data were as many as is recommended; `trimtab weights show` says what they lacked. */
function dataOf(belowMinimums: readonly string[] | null): string {
  if (belowMinimums === null) return 'unknown';
  return belowMinimums.length === 0 ? '' : 'below minimums';
}

async function show(wanted: string, options: VerbOptions): Promise<void> {
  const client = backendClient(options);
  const param = { version: await findVersion(client, wanted) };
  const whole = await json(client.weights[':version'].$get({ param }));
  print(whole, () => wholeText(whole), options);
}

function wholeText(whole: Answer<'/v1/weights/:version'>): string {
  const { parent, name, createdAt, schema, points, served, belowMinimums } = whole;
  const data = belowMinimumsText(belowMinimums);
  const about = facts([
    ['version', whole.version],
    ['name', name],
    ['parent', parent],
    ['schema', `${schema.name} (${schema.hash})`],
    ['created', moment(createdAt)],
    ...(data === undefined ? [] : [['data', data] as const]),
  ]);
  const ofFeatures = schema.features.flatMap((spec) =>
    (points[spec.name] ?? []).map((value, bucket) => {
      const label = bucketLabel(schema, spec, bucket);
      return [spec.name, label, value, served?.[spec.name][bucket] ?? value] as const;
    }),
  );
  const pairs = crossRows(whole).map((row) => [...row, row[2]] as const);
  const rows = [...ofFeatures, ...pairs].filter(([, , one, other]) => one !== 0 || other !== 0);
  return `${about}\n\n${
    served === null
      ? table(
          ['feature', 'bucket', 'points'],
          rows.map((row) => row.slice(0, 3)),
        )
      : table(['feature', 'bucket', 'points', 'served'], rows)
  }`;
}

/** The cells of learned crosses, in words. */
function crossRows({ schema, crosses }: Answer<'/v1/weights/:version'>) {
  return crosses.flatMap(({ features, points }) => {
    const [first, second] = features.map((name) =>
      schema.features.find((spec) => spec.name === name)!,
    );
    return points.flatMap((row, x) =>
      row.map(
        (value, y) =>
          [
            features.join(' × '),
            `${namedLabel(schema, first, x)} × ${namedLabel(schema, second, y)}`,
            value,
          ] as const,
      ),
    );
  });
}
