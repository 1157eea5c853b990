import { shownAddress } from '../process/address.ts';
import { z } from 'zod';
import type { Shape } from '../settings/expected.ts';
import { pathOf } from '../settings/parse-settings.ts';
import { kvSettleOf, loadSettings, type ConfigOptions } from './config.ts';
import { DEMO } from './demo.ts';
import { isSecretOf, lookUp, VARIABLES, type VariableName } from './environment.ts';
import { isObject } from './merged.ts';
import type { Origin } from './origin.ts';
import { settings } from './settings.ts';
import { stateDir } from './state-dir.ts';

export interface SettingInForce {
  /** `rollout.steps['canary 5'].minMs`, or a variable. */
  readonly name: string;
  /** Secrets are not shown; null where nothing is set. */
  readonly value: unknown;
  readonly origin: Origin;
}

export interface ConfigInForce {
  /** Absolute; null where there is no configuration file. */
  readonly file: string | null;
  readonly settings: readonly SettingInForce[];
}

/** @throws Error as `loadSettings` does. */
export async function configInForce(options: ConfigOptions): Promise<ConfigInForce> {
  const { file, settings: found } = await loadSettings(options);
  const state = stateDir(options.env.TRIMTAB_DIR || undefined);
  const edgeUrl = lookUp(options.env, 'TRIMTAB_EDGE_URL', state).value ?? '';
  const kvSettleMs = found.kvSettleMs ?? (URL.canParse(edgeUrl) ? kvSettleOf(edgeUrl) : undefined);
  const originOf = (path: readonly string[]): Origin => {
    if (has(file?.given, path)) return { from: 'file', name: file!.path };
    return { from: options.demo === true && has(DEMO, path) ? 'demo' : 'default' };
  };
  const shape = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' }) as Shape;
  return {
    file: file?.path ?? null,
    settings: [
      ...leavesOf(shape, { ...found, kvSettleMs }).map(([path, value]) => ({
        name: pathOf(path),
        value: value ?? null,
        origin: value === undefined ? { from: 'unset' as const } : originOf(path),
      })),
      ...(Object.keys(VARIABLES) as VariableName[]).map((name) => {
        const { value, origin } = lookUp(options.env, name, state);
        return { name, value: shown(name, value), origin };
      }),
    ],
  };
}

/** Every setting, those that are left out as undefined; a list is one setting. */
function leavesOf(
  shape: Shape,
  value: unknown,
  path: readonly string[] = [],
): [readonly string[], unknown][] {
  if (shape.properties === undefined || !isObject(value)) return [[path, value]];
  return Object.entries(shape.properties).flatMap(([name, child]) =>
    leavesOf(child as Shape, value[name], [...path, name]),
  );
}

const has = (given: unknown, [name, ...rest]: readonly string[]): boolean =>
  isObject(given) && given[name] !== undefined && (rest.length === 0 || has(given[name], rest));

function shown(name: VariableName, value: string | undefined): string | null {
  if (value === undefined) return null;
  if (isSecretOf(name)) return '(secret)';
  return URL.canParse(value) ? shownAddress(value) : value;
}
