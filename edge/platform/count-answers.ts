/** Addresses that are counted by themselves; all others are one. */
const COUNTED = new Set([
  '/v1/rank',
  '/v1/rank/batch',
  '/v1/events',
  '/v1/forget',
  '/v1/version',
  '/v1/live/deltas',
  '/client.js',
  '/client.extras.js',
  '/shop',
  '/shop/items',
  '/openapi.json',
]);

/**
 * Writes a data point for each answer to a data set of Workers Analytics Engine, so that refusals, of which the log knows nothing, are counted
 * where they are made: index and first blob the address without its query (`other` where it is none of the API's), second blob the method, third
 * the status, fourth the version that ranked, or nothing; the only double is how long it took, in ms of a clock that stands still while code runs.
 * Nobody is told of: no key, id, or address of a visitor.
 * @returns the answer, whether or not it could be counted.
 */
export async function countAnswer(
  dataset: AnalyticsEngineDataset,
  request: Request,
  beganMs: number,
  answered: Response | Promise<Response>,
): Promise<Response> {
  const response = await answered;
  try {
    const { pathname } = new URL(request.url);
    const address = COUNTED.has(pathname) ? pathname : 'other';
    const { status, headers } = response;
    dataset.writeDataPoint({
      indexes: [address],
      blobs: [address, request.method, String(status), headers.get('x-trimtab-weights') ?? ''],
      doubles: [Math.max(0, Date.now() - beganMs)],
    });
  } catch {
    // A count that is lost is no reason to lose the answer.
  }
  return response;
}
