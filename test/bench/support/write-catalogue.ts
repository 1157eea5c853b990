import { writeFileSync } from 'node:fs';
import { demoCatalogue } from '../../../backend/catalogue/demo.ts';
import { parseItem } from '../../../shared/domain/item.ts';
import { catalogueTable } from '../../../shared/features/catalogue-table.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import { NOW_MS } from './trips.ts';

/** `write-catalogue.ts <file> <trips>`: the snapshot of so many demo trips, made in a process of its own for the memory that it takes. */
const [file, trips] = process.argv.slice(2);
const items = demoCatalogue(Number(trips), 1, NOW_MS).map((trip) => parseItem({ ...trip }));
writeFileSync(file, snapshotToBytes(smarttrip, catalogueTable(smarttrip, items)));
