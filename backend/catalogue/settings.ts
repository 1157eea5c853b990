import type { z } from 'zod';
import { group } from '../settings/fields.ts';
import { feedLimits, feeds } from './feeds/settings.ts';
import type { ItemFile } from './files/item-file.ts';
import { marketItems } from './trade/settings.ts';
import { itemFileOfSettings, read } from './read-settings.ts';

export const catalogue = group({
  /** How files of items are read where the command line does not say; `trimtab init` writes it. */
  read,
  /** Addresses that items are read from, each by a name and on a schedule (UTC): a feed owns the items that it has, and takes out what it has no more. */
  feeds: feeds.meta({
    examples: [
      { products: { url: 'https://shop.example/products.csv', schedule: '*/15 * * * *' } },
    ],
  }),
  /** In which markets an item is shown; see `markets`. */
  markets: marketItems,
  /** What a feed may be and do; with more it is refused whole, and an alert says why. */
  feedLimits,
});

export type CatalogueSettings = z.infer<typeof catalogue>;

/** The fields that are set, as a reader of files takes them. */
export const itemFileIn = ({ read: given }: CatalogueSettings): ItemFile =>
  itemFileOfSettings(given);
