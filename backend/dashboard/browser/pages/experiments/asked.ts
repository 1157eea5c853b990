import type { api } from '../../api.ts';

type Asked = Parameters<typeof api.experiments.$post>[0]['json'];
type Given = Readonly<Record<string, string>>;

export const KINDS = [
  ['versions', 'versions'],
  ['aa', 'nothing: an A/A test, of arms that do not differ'],
  ['self-test', 'metric weights: a self-test, of declared against learned ones'],
] as const;

export const STEP_KINDS = [
  ['afterHours', 'hours later'],
  ['afterSearches', 'searches later'],
  ['at', 'at a moment'],
] as const;

/** What `POST /v1/experiments` takes, of what was typed into fields that are named as it names them. Shares are typed in per cent. */
export function askedOf(given: Given): Asked {
  const { name, kind, layer, unit, traffic, design, trigger, minimumPerArm } = given;
  const share = Number(traffic) / 100;
  const steps = rowsIn(given, 'ramp').map((step) => ({
    traffic: Number(step.traffic) / 100,
    ...(step.kind === 'at'
      ? { at: new Date(step.at).toISOString() }
      : { [step.kind]: Number(step[step.kind]) }),
  }));
  return {
    name,
    ...(kind === 'self-test'
      ? { selfTest: given.selfTest === '' ? (true as const) : given.selfTest }
      : {
          arms: rowsIn(given, 'arms').map((arm) => ({
            name: arm.name,
            weight: Number(arm.weight),
            ...(arm.version !== '' && { version: arm.version as never }),
          })),
          metrics: wordsIn(given.metrics),
          guardrails: rowsIn(given, 'guardrails').map(({ metric, margin }) => ({
            metric,
            margin: Number(margin) / 100,
          })),
        }),
    ...(kind === 'aa' && { aa: true }),
    ...(steps.length === 0 ? { traffic: share } : { ramp: [{ traffic: share }, ...steps] }),
    ...(layer !== '' && { layer }),
    ...(unit !== '' && { unit: unit as Asked['unit'] }),
    ...(given.placements !== '' && { placements: wordsIn(given.placements) }),
    design: design as Asked['design'],
    trigger: trigger as Asked['trigger'],
    minimumPerArm: Number(minimumPerArm),
  };
}

const wordsIn = (text: string): string[] => text.split(/[\s,]+/).filter((one) => one !== '');

/** The rows of a table of fields, in their order. */
function rowsIn(given: Given, of: string): Given[] {
  const rows = new Map<number, Record<string, string>>();
  for (const [path, value] of Object.entries(given)) {
    const [table, row, name] = path.split('.');
    if (table !== of) continue;
    const known = rows.get(Number(row)) ?? {};
    rows.set(Number(row), { ...known, [name]: value });
  }
  return [...rows].toSorted(([a], [b]) => a - b).map(([, row]) => row);
}
