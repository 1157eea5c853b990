import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { timeGoesOn } from '../support/time-goes-on.ts';
import { parseMetricWeights } from '../../../backend/reward/settings.ts';
import { parseItemId, parseSessionId } from '../../../shared/domain/ids.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import type { IngestBatch } from '../../../shared/format/ingest-bytes.ts';
import { runOver, startTestBackend, type TestBackend } from '../support/backend.ts';
import { send } from '../support/batches.ts';
import { happened } from '../log/support/log.ts';
import { decisionOf } from '../support/decisions.ts';
import { sized } from '../../support/size.ts';

const DAY = 86_400_000;
/** Visitors whose horizon is over, and others. */
const OLD = sized({ small: 1400, full: 2400 });
const YOUNG = sized({ small: 200, full: 600 });
const ITEMS = Array.from({ length: 4 }, (_, slot) => parseItemId(`item-${slot}`));
const settings = parseMetricWeights({
  target: { kind: 'happened', outcome: 'renewal', horizonDays: 30 },
  policy: 'adaptive',
  schedule: '',
  context: ['device'],
});

let backend: TestBackend;
beforeAll(async () => {
  backend = await startTestBackend({ metricWeights: settings });
});
afterAll(() => backend.close());

const random = seededRandom(7);
const chance = (logit: number) => Number(random() < 1 / (1 + Math.exp(-logit)));

interface Session {
  readonly batch: Omit<IngestBatch, 'batchId'>;
  readonly renewed: number;
}

/**
 * A visitor whose save foretells a renewal, and whose click, which a gaudy item draws, speaks against one. Both come
 * more often on a phone, where fewer renew.
 * @param truth 1: as said; −1: the other way round.
 */
function visit(id: string, at: number, truth: 1 | -1): Session {
  const sessionId = parseSessionId(id);
  const phone = chance(0);
  const clicked = chance(phone - 0.3);
  const saved = chance(phone - 1);
  const codes = Uint8Array.from({ length: ITEMS.length * smarttrip.features.length }, () =>
    Math.floor(random() * 2),
  );
  const decision = decisionOf(id, {
    at,
    sessionId,
    itemIds: ITEMS,
    units: ITEMS.map(() => 0),
    propensities: ITEMS.map(() => 0.5),
    snapshot: '',
    codes,
    request: JSON.stringify({ context: { device: phone === 1 ? 'phone' : 'desktop' } }),
  });
  const event = (type: 'click' | 'save' | 'scroll_depth', value?: number) =>
    happened(decision, type, {
      slot: Math.floor(random() * ITEMS.length),
      afterMs: 900,
      ...(value !== undefined && { value }),
    });
  return {
    batch: {
      decisions: [decision],
      events: [
        ...(clicked === 1 ? [event('click')] : []),
        ...(saved === 1 ? [event('save')] : []),
        event('scroll_depth', random()),
      ],
    },
    renewed: chance(-0.5 - phone + truth * (2 * saved - 1.5 * clicked)),
  };
}

async function population(name: string, size: number, from: number, truth: 1 | -1): Promise<void> {
  const sessions = Array.from({ length: size }, (_, i) =>
    visit(`${name}-${i}`, from + i * 1000, truth),
  );
  for (let start = 0; start < size; start += 500) {
    const part = sessions.slice(start, start + 500).map(({ batch }) => batch);
    await send(backend, {
      batchId: `${name}-${start}`,
      decisions: part.flatMap(({ decisions }) => decisions),
      events: part.flatMap(({ events }) => events),
    });
  }
  const renewals = sessions.flatMap(({ renewed }, i) =>
    renewed === 1
      ? {
          outcomeId: `${name}-${i}`,
          sessionId: `${name}-${i}`,
          metric: 'renewal',
          value: 1,
          at: from + i * 1000 + DAY,
        }
      : [],
  );
  for (let start = 0; start < renewals.length; start += 1000)
    expect(
      (await backend.call('POST', '/v1/outcomes', renewals.slice(start, start + 1000))).status,
    ).toBe(200);
}

const PATH = '/v1/metric-weights/smarttrip';
const learn = async () => (await backend.call('POST', `${PATH}/learn`)).body;
const surrogateOf = (body: { learned: { method: string; weights: Named[] }[] }) =>
  Object.fromEntries(
    body.learned
      .find(({ method }) => method === 'surrogate')!
      .weights.map((weight) => [weight.metric, weight]),
  );
type Named = { metric: string; weight: number; low: number; high: number };

describe('metric weights learned from what visitors did', () => {
  test('abstain before there is any label, say so once, and leave the reward as it was', async () => {
    // Their horizon is not over: what they are about to say is the opposite of what is true.
    await population('young', YOUNG, Date.now() - 27 * DAY, -1);
    const first = await learn();
    expect(first.recorded).toHaveLength(2);
    expect(first.inForce).toMatchObject({
      source: 'schema',
      weights: smarttrip.training.reward,
    });
    expect(first.learned).toMatchObject([
      { method: 'surrogate', abstains: expect.stringMatching(/too few units: 0 of 1,000/) },
      { method: 'importance', abstains: expect.stringMatching(/too few units/) },
    ]);
    expect((await learn()).recorded).toEqual([]);
    expect((await backend.call('GET', `${PATH}/backtest`)).body).toEqual({
      kind: 'not-enough',
      message: 'not enough past experiments: 0 of 20',
    });
    expect((await backend.call('GET', `${PATH}/units`)).body).toMatchObject({
      unit: 'session',
      target: 'renewal within 30 days',
      units: YOUNG,
      labelled: 0,
    });
  });

  test('get the signs right from units whose horizon is over, and become the reward', async () => {
    // Their days are still open: what comes in of days that are closed counts for nobody.
    await population('old', OLD, Date.now() - 34 * DAY, 1);
    await send(backend, { batchId: 'lately', decisions: timeGoesOn(Date.now()), events: [] });
    const body = await learn();
    const weights = surrogateOf(body);
    expect(weights.saves.low).toBeGreaterThan(0);
    expect(weights.click_through.weight + weights.clicks.weight).toBeLessThan(0);
    expect(body.learned[0]).toMatchObject({
      method: 'surrogate',
      units: OLD,
      inputs: { waiting: YOUNG, unit: 'session', context: ['device'] },
    });
    expect(body.learned[0].skill.r2.low).toBeGreaterThan(0);
    expect(body.learned[1]).toMatchObject({ method: 'importance', by: 'shap' });
    expect(body.inForce).toMatchObject({ source: 'learned', method: 'surrogate' });
    expect(body.inForce.weights.click).toBeLessThan(0);
    expect(body.inForce.weights.save).toBeGreaterThan(0);
  });

  test('are what the next training run is paid by', async () => {
    const { inForce } = (await backend.call('GET', PATH)).body;
    const { body } = await backend.call('POST', '/v1/train', { force: true, publish: false });
    const run = await runOver(backend, body.runId);
    expect(run).toMatchObject({ status: 'done', params: { reward: inForce.weights } });
  });

  test('give way to an override, which warns, and come back when it is withdrawn', async () => {
    const set = (dryRun: boolean) =>
      backend.call('PUT', PATH, {
        weights: { click: 1 },
        author: 'ana',
        reason: 'a campaign',
        expiresAt: Date.now() + DAY,
        dryRun,
      });
    const dry = (await set(true)).body;
    expect(dry.inForce.source).toBe('learned');
    expect(dry.warning).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^click changes its sign: -/),
        expect.stringMatching(/^save is left out, so it no longer counts/),
        expect.stringMatching(/click would make 100 %$/),
      ]),
    );
    const { body } = await set(false);
    expect(body.inForce).toMatchObject({
      source: 'override',
      author: 'ana',
      warning: dry.warning,
      expiresAt: expect.any(Number),
    });
    const back = await backend.call('POST', `${PATH}/withdraw`, { author: 'bo', reason: 'over' });
    expect(back.body.inForce.source).toBe('learned');
    expect(back.body.history[0]).toMatchObject({ author: 'bo', withdraws: body.inForce.id });
  });

  test('stand in a history that holds, row by row with all that they rest on', async () => {
    expect((await backend.call('GET', `${PATH}/verify`)).body).toMatchObject({
      intact: true,
      rows: 6,
      faults: [],
    });
    const { history } = (await backend.call('GET', PATH)).body;
    const row = history.find(
      ({ method, abstains }: Record<string, string>) => method === 'surrogate' && !abstains,
    );
    const { body } = await backend.call('GET', `${PATH}/versions/${row.id}`);
    expect(body.details.covariance).toHaveLength(body.details.weights.length ** 2);
    expect(body.details.inputs.target).toEqual(settings.target);
    expect((await backend.call('GET', `${PATH}/versions/999`)).status).toBe(404);
  });

  test('survive the pruning of the log that they were gathered from', async () => {
    await backend.restart({
      trainingData: { ...backend.config.trainingData, retentionDays: 31 },
    });
    expect((await backend.call('POST', '/v1/data/prune')).body.decisions).toBe(OLD);
    expect((await backend.call('GET', `${PATH}/units`)).body).toMatchObject({
      units: YOUNG + OLD,
      labelled: OLD,
    });
  });
});

test('without a target nothing is learned, and it says what to set', async () => {
  await backend.restart({ metricWeights: parseMetricWeights({}) });
  const { status, body } = await backend.call('POST', `${PATH}/learn`);
  expect(status).toBe(409);
  expect(body).toMatchObject({
    code: 'no_target',
    message: expect.stringMatching(/put metricWeights: .* into trimtab\.config\.ts/),
  });
});
