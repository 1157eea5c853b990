import { counted } from '../../../shared/text/text.ts';
import { backendClient, backendUrl, json } from '../../client/backend-client.ts';
import { CliError } from '../../client/failure.ts';
import { print } from '../../client/print.ts';
import type { Check } from '../../doctor/check.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const doctorVerb = () =>
  backendVerb(
    'doctor',
    'look at every part, and say what to do; exit code 1 where there is a problem',
  ).action(doctor);

async function doctor(options: VerbOptions): Promise<void> {
  const checks = await examined(options);
  print({ checks }, () => doctorText(checks), options);
  if (checks.some(({ state }) => state === 'problem')) process.exitCode = 1;
}

/** As the backend sees it; where it cannot be asked, that is said first, and then what its files tell. */
async function examined(options: VerbOptions): Promise<Check[]> {
  const name = 'backend';
  try {
    const { checks } = await json(backendClient(options).doctor.$get());
    return [{ name, state: 'ok', found: `${backendUrl(options.backend)} answers` }, ...checks];
  } catch (error) {
    const { examineFiles } = await import('../../doctor/examine-files.ts');
    return [
      {
        name,
        state: 'problem',
        found: `${(error as Error).message}; what follows is what this machine’s files tell`,
        remedy: isRefusal(error)
          ? 'set TRIMTAB_KEY to a key of that backend that may read its checks'
          : '"npm start" or "trimtab serve"; its log says why it ended',
      },
      ...(await examineFiles(process.env, Date.now)),
    ];
  }
}

/** The backend answered, and not to this key. */
const isRefusal = (error: unknown): boolean =>
  error instanceof CliError && ['unauthorized', 'forbidden', 'scope'].includes(error.code);

const SHOWN = { ok: 'ok     ', warning: 'WARNING', problem: 'PROBLEM' } as const;

const doctorText = (checks: readonly Check[]): string => {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const count = (state: Check['state']) => checks.filter((one) => one.state === state).length;
  return [
    ...checks.map(({ name, state, found, remedy }) =>
      [
        `${SHOWN[state]}  ${name.padEnd(width)}  ${found}`,
        ...(remedy === undefined ? [] : [`${' '.repeat(width + 11)}→ ${remedy}`]),
      ].join('\n'),
    ),
    '',
    `${counted(count('problem'), 'problem')}, ${counted(count('warning'), 'warning')}, ${count('ok')} ok.`,
  ].join('\n');
};
