import { erasureJournal } from '../../../../backend/log/partitions/journal.ts';
import { openObjectStore } from '../../../../backend/log/partitions/open-object-store.ts';
import { parsePrivacy } from '../../../../backend/log/retention/settings.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** A journal in a folder, and what it would tell the backend's log. */
export const journalIn = (path: string, log: (message: string) => void = () => {}) =>
  erasureJournal([{ objects: openObjectStore({ kind: 'folder', path }), prefix: '' }], log);

export const someJournal = () => journalIn(temporaryFolder());

/** What is kept for ever by default is. */
export const keepingRecords = (logMs = 0) => ({ privacy: parsePrivacy({}), logMs });
