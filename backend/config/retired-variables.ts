import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { literal } from '../settings/expected.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { TS_NAME } from './config-file.ts';
import type { Env } from './environment.ts';

interface Retired {
  /** Where the setting is now. */
  readonly path: readonly [string, string?];
  readonly kind: 'json' | 'text' | 'number' | 'file';
}

/** What was a variable before there was a configuration file. */
const RETIRED: Readonly<Record<string, Retired>> = {
  TRIMTAB_ROLLOUT: { path: ['rollout'], kind: 'json' },
  TRIMTAB_TRAINING_DATA: { path: ['trainingData'], kind: 'json' },
  TRIMTAB_METRIC_WEIGHTS: { path: ['metricWeights'], kind: 'json' },
  TRIMTAB_MONITORS: { path: ['monitors'], kind: 'json' },
  TRIMTAB_ONLINE_LEARNING: { path: ['onlineLearning'], kind: 'json' },
  TRIMTAB_TRAINING_SCHEDULE: { path: ['training', 'schedule'], kind: 'text' },
  TRIMTAB_FULL_TRAINING_SCHEDULE: { path: ['training', 'fullSchedule'], kind: 'text' },
  TRIMTAB_FULL_TRAINING_LEARNER: { path: ['training', 'fullLearner'], kind: 'text' },
  TRIMTAB_TRAINING_WINDOW_DAYS: { path: ['training', 'windowDays'], kind: 'number' },
  TRIMTAB_PRUNE_SCHEDULE: { path: ['trainingData', 'pruneSchedule'], kind: 'text' },
  TRIMTAB_SCHEMA: { path: ['schema'], kind: 'file' },
  TRIMTAB_KV_SETTLE_MS: { path: ['kvSettleMs'], kind: 'number' },
};

/**
 * @param file the configuration file that was found, if there is one. @param directory that the process runs in.
 * @throws Error with the very line to put into the configuration file, for each section that variables still set.
 */
export function refuseRetired(env: Env, file: string | undefined, directory: string): void {
  const sections = new Map<string, { names: string[]; value: unknown }>();
  const target = file ?? resolve(directory, TS_NAME);
  for (const [name, retired] of Object.entries(RETIRED)) {
    const text = env[name];
    // An empty schedule said "never"; any other empty variable said nothing.
    if (text === undefined || (text === '' && retired.kind !== 'text')) continue;
    const value = valueOf(name, text, retired.kind, directory, target);
    const [section, key] = retired.path;
    const { names, value: before } = sections.get(section) ?? { names: [], value: undefined };
    const own = key === undefined ? value : { [key]: value };
    const merged = typeof own === 'object' ? { ...(before as object), ...(own as object) } : own;
    sections.set(section, { names: [...names, name], value: merged });
  }
  if (sections.size === 0) return;
  const render = target.endsWith('.json') ? asJson : asTs;
  const lines = [...sections].map(
    ([section, { names, value }]) =>
      `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} no longer read: put  ${render(section, value)}  into ${file ?? TS_NAME}`,
  );
  const whole = [...sections].map(([section, { value }]) => `  ${asTs(section, value)},\n`);
  throw new Error(
    [
      ...lines,
      ...(file === undefined
        ? [`There is no ${TS_NAME} yet. It would be:\n\n${wholeFile(whole.join(''))}`]
        : []),
    ].join('\n'),
  );
}

const asTs = (section: string, value: unknown): string => `${section}: ${literal(value)}`;
const asJson = (section: string, value: unknown): string =>
  `${JSON.stringify(section)}: ${JSON.stringify(value)}`;

const wholeFile = (lines: string): string =>
  `import { defineConfig } from 'trimtab/config';\n\nexport default defineConfig({\n${lines}});\n`;

function valueOf(
  name: string,
  text: string,
  kind: Retired['kind'],
  directory: string,
  target: string,
): unknown {
  switch (kind) {
    case 'text':
      return text;
    case 'number':
      return Number(text);
    case 'file':
      return relativeFile(dirname(target), resolve(directory, text));
    case 'json':
      try {
        const isJson = text.trimStart().startsWith('{');
        return JSON.parse(isJson ? text : readFileSync(resolve(directory, text), 'utf8'));
      } catch (error) {
        throw new Error(
          `${name} is no longer read: put what it was to say into ${TS_NAME} (it could not be read: ${messageOf(error)})`,
          { cause: error },
        );
      }
    default:
      return kind satisfies never;
  }
}

function relativeFile(from: string, to: string): string {
  const path = relative(from, to);
  return path.startsWith('.') ? path : `./${path}`;
}
