import { threadOnDemand } from '../../../../backend/process/thread.ts';

const thread = threadOnDemand(new URL('fills-memory.mjs', import.meta.url));
const told = [
  await thread.call((worker) => worker.add(2, 3)),
  await thread.call((worker) => worker.fill()).catch(({ message }) => message),
  await thread.call((worker) => worker.add(4, 5)),
];
await thread.stop();
console.log(JSON.stringify(told));
