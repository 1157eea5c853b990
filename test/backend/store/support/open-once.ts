import { openStore } from '../../../../backend/store/open.ts';

/** A process of its own: opens the store when told to, as a backend's first start does, writes to it, and ends. */
const [url = ''] = process.argv.slice(2);
process.once('message', () => void open());
process.send?.('ready');

async function open(): Promise<void> {
  const store = await openStore({ url });
  const mark = (name: string) => ({
    toSQL: () => ({
      sql: 'insert into log_marks (name, value) values (?, ?)',
      params: [name, '1'],
    }),
  });
  await store.write([mark(`start ${process.pid}`)]);
  await store.close();
  process.disconnect();
}
