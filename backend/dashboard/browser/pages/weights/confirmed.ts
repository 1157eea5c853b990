import { ask } from '../../dialog.ts';
import { refreshPage } from '../page.ts';

/** Asks for the word, does it, and shows what came of it. */
export async function confirmed(asked: Parameters<typeof ask>[0]): Promise<void> {
  await ask({ tone: 'danger', ...asked });
  refreshPage();
}
