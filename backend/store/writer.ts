import { workerData } from 'node:worker_threads';
import { serve } from '../process/serve.ts';
import type { Database } from './connect.ts';
import { localPathOf } from './local-path.ts';
import { localWriter } from './local-writer.ts';
import { serverWriter } from './server-writer.ts';

const database = workerData as Database;
const path = localPathOf(database.url);
serve(path === undefined ? serverWriter(database) : localWriter(path));
