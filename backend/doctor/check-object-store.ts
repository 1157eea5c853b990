import { randomUUID } from 'node:crypto';
import type { ObjectStore } from '../log/partitions/object-store.ts';
import { looked, ok, problem, warning, type Check } from './check.ts';

const NAME = 'object store';
const REMEDY = 'check TRIMTAB_TRAINING_STORE, the AWS_… variables, and what the key may do';

/** Puts, lists, reads and deletes an object that nobody else has. */
export const checkObjectStore = (store: ObjectStore): Promise<Check[]> =>
  looked(NAME, REMEDY, async () => {
    const key = `doctor/${randomUUID()}`;
    const bytes = new TextEncoder().encode(key);
    await store.put(key, bytes);
    let read: Uint8Array | undefined;
    let listed: string[];
    try {
      read = await store.get(key);
      listed = await store.list('doctor/');
    } finally {
      await store.delete(key);
    }
    const wrong = [
      ...(read === undefined || Buffer.compare(read, bytes) !== 0 ? ['read'] : []),
      ...(listed.includes(key) ? [] : ['listed']),
      ...((await store.get(key)) === undefined ? [] : ['deleted']),
    ];
    if (wrong.length > 0)
      return problem(NAME, `an object was put, and could not be ${wrong.join(' or ')}`, REMEDY);
    const isVersioned = await store.isVersioned?.();
    if (isVersioned === true)
      return warning(
        NAME,
        'an object was put, read, listed and deleted, and the bucket keeps versions: what is deleted of people stays in them',
        'let a lifecycle rule delete versions that are not current (docs/operating.md#deleting-people)',
      );
    const unknown =
      store.isVersioned !== undefined && isVersioned === undefined
        ? '; whether the bucket keeps versions, it does not tell'
        : '';
    return ok(NAME, `an object was put, read, listed and deleted${unknown}`);
  });
