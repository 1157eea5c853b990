import { serial } from '../process/serial.ts';
import { serve } from '../process/serve.ts';
import { workerDatabase } from '../store/worker-database.ts';
import { businessFigures, type BusinessFigures } from './figures.ts';
import { itemFigures, type ItemFigures } from './items.ts';
import { pageActivity, type PageActivity } from './page-activity.ts';
import { searchFigures, type SearchFigures } from './searches.ts';
import type { Grouping } from './served.ts';

const db = workerDatabase();
const inTurn = serial();

interface Span {
  readonly from: number;
  readonly to: number;
}

const exposed = {
  figures: (span: Span, grouping: Grouping, reference?: string): Promise<BusinessFigures> =>
    inTurn(() => businessFigures(db, span, grouping, reference)),
  items: (span: Span, limit: number, only?: string): Promise<ItemFigures[]> =>
    inTurn(() => itemFigures(db, span, limit, only)),
  searches: (span: Span, limit: number): Promise<SearchFigures[]> =>
    inTurn(() => searchFigures(db, span, limit)),
  page: (span: Span, placement?: string): Promise<PageActivity> =>
    inTurn(() => pageActivity(db, span, placement)),
};

export type BusinessWorker = typeof exposed;
serve(exposed);
