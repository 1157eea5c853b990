import { folderStore } from './folder-store.ts';
import type { ObjectStore, StoreLocation } from './object-store.ts';
import { s3Store } from './s3-store.ts';

export const openObjectStore = (location: StoreLocation): ObjectStore =>
  location.kind === 'folder' ? folderStore(location) : s3Store(location);
