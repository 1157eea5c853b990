import { facts } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import type { Answer } from '../../http/answers.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const upgradeStatusVerb = () =>
  backendVerb('status', 'how far the database is upgraded, and whether one may go back').action(
    async (options: VerbOptions) => {
      const found = await json(backendClient(options).upgrade.$get());
      print(found, () => upgradeText(found), options);
    },
  );

export const finalizeVerb = () =>
  backendVerb(
    'finalize',
    'end an upgrade: apply what waits, delete the copies from before; nobody goes back after it',
  ).action(async (options: VerbOptions) => {
    const before = await json(backendClient(options).upgrade.finalize.$post());
    print(before, () => finalizedText(before), options);
  });

type Upgrade = Answer<'/v1/upgrade'>;

export function upgradeText({ newest, open, waiting, unknown, copies }: Upgrade): string {
  const isOpen = open.length + waiting.length > 0;
  return [
    facts([
      ['database', newest ?? 'new'],
      ...open.map((name): [string, string] => ['may be left', name]),
      ...waiting.map((name): [string, string] => ['waits', name]),
      ...unknown.map((name): [string, string] => ['newer than this version', name]),
      ...copies.map((path): [string, string] => ['copy from before', path]),
    ]),
    unknown.length > 0
      ? 'This version was started after a newer one, and works on what that has added. Start the newer one to go on.'
      : isOpen
        ? 'You may go back: stop the backend, and start the version before. "trimtab upgrade finalize" ends that.'
        : 'Nothing is open: the upgrade is final.',
  ].join('\n');
}

const finalizedText = ({ open, waiting, copies }: Upgrade): string =>
  open.length + waiting.length + copies.length === 0
    ? 'Nothing was open.'
    : `The upgrade is final (${[...open, ...waiting].join(', ')}); copies deleted: ${copies.length}.`;
