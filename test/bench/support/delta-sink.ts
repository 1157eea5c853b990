import { createServer } from 'node:http';

/** Stands in for the edge, in a process of its own, so that its work is not counted: takes every batch of deltas. Says its port. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/v1/version')
      response.end(JSON.stringify({ holdsOut: true, numbersDeltas: true }));
    else response.end(JSON.stringify({ version: 'v000000', cells: [] }));
  });
}).listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.send!(address.port);
});
process.once('disconnect', () => process.exit());
