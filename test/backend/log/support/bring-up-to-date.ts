import { updateAccount } from '../../../../backend/log/account/update-account.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import type { Filters } from '../../../../backend/log/account/filters.ts';
import type { Store } from '../../../../backend/store/open.ts';

/** The account as the default rules have it, or by other filters; no day is closed unless a moment is told. */
export const bringUpToDate = (
  store: Pick<Store, 'db' | 'write'>,
  {
    filters = DEFAULT_TRAINING_DATA.filters,
    attributionDays = DEFAULT_TRAINING_DATA.attributionDays,
    nowMs = 0,
  }: {
    readonly filters?: Filters;
    readonly attributionDays?: number;
    readonly nowMs?: number;
  } = {},
): Promise<void> => updateAccount(store, { attributionDays, filters }, nowMs);
