import { Agent, request, type IncomingMessage } from 'node:http';
import { expect, onTestFinished, test, vi } from 'vitest';
import { listen } from '../../../backend/http/listen.ts';

test('a connection stays open between requests for longer than proxies keep theirs, and ends with the server', async () => {
  const listening = await listen(() => new Response('here'), '127.0.0.1', 0);
  const response = await fetch(listening.url);
  expect(await response.text()).toBe('here');
  const [, seconds] = /timeout=(\d+)/.exec(response.headers.get('keep-alive')!)!;
  expect(Number(seconds)).toBeGreaterThan(60);
  await listening.close();
  await expect(fetch(listening.url)).rejects.toThrow('fetch failed');
});

test('closing answers what is under way, and then waits for no connection that is kept open', async () => {
  // So that no connection is ever ended by force.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const began = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  const fetchIt = () => {
    began.resolve();
    return answer.promise;
  };
  const listening = await listen(fetchIt, '127.0.0.1', 0);
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request(listening.url, { agent }, resolve).on('error', reject).end();
  });
  await began.promise;
  const closed = listening.close();
  answer.resolve(new Response('late'));
  expect(await (await answered).toArray()).toEqual([Buffer.from('late')]);
  await closed;
});
