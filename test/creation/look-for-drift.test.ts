import { describe, expect, it } from 'vitest';
import { lookForDrift } from '../../functions/creation/look-for-drift.ts';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import type { CreationRequest } from '../../functions/creation/schemas.ts';
import { aSpec } from '../builders/a-spec.ts';
import { aCache, anObservation } from '../builders/an-observation.ts';
import { inMemoryBus } from '../builders/in-memory-bus.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';
import { termsToAct } from '../builders/terms.ts';

const NOW = '2026-11-21T07:00:00Z';
const KEY = { region: 'us-east-1', cacheId: 'orders' };

interface Story {
  readonly gone?: boolean;
  readonly specified?: boolean;
  readonly lastLook?: boolean;
  /** Until when another operation holds the cache; `meanwhile`: which takes it while we look. */
  readonly held?: string;
  readonly meanwhile?: string;
}

/** Checks a cache that was changed by hand. */
const check = async ({ gone = false, specified = true, lastLook = false, held, meanwhile }: Story) => {
  const ledger = inMemoryLedger();
  const bus = inMemoryBus();
  const asked: CreationRequest[] = [];
  if (specified) await ledger.remember(KEY, { spec: aSpec(), operationId: 'operation-1', at: '2026-11-01T07:00:00Z' });
  if (held) await ledger.lock(KEY, 'operation-2', '2026-11-20T07:00:00Z', held);
  const plan = async (request: CreationRequest) => {
    asked.push(request);
    if (meanwhile) await ledger.lock(KEY, 'operation-3', NOW, meanwhile);
    const seen = anObservation({
      cache: gone
        ? undefined
        : aCache({ snapshotWindow: '09:00-10:00', tags: { ...aCache().tags, 'autopilot:mode': 'act' } }),
      secret: { arn: 'arn:secret', deletionScheduled: false },
      parameterGroup: { family: 'redis7', values: { 'maxmemory-policy': 'allkeys-lru', 'cluster-enabled': 'yes' } },
    });
    return planCreation(aSpec(), seen, termsToAct({ initiative: 'own' }));
  };
  const input = { operationId: 'check-1', cacheId: 'orders', now: NOW, lastLook };
  const output = await lookForDrift(input, { region: KEY.region, ledger, plan, bus });
  return { output, asked, said: bus.said };
};
const UNJUDGED = { cacheId: 'orders', checked: false, drifted: false, fields: [] };

describe('lookForDrift', () => {
  it('says where a cache has drifted, and has it repaired by the specification that is kept when the repair is planned', async () => {
    const { output, asked, said } = await check({});
    expect(asked).toEqual([{ spec: { cacheId: 'orders' }, initiative: 'own' }]);
    expect(output).toMatchObject({ drifted: true, fields: ['snapshotWindow'] });
    expect(output.repair?.request).toEqual({
      spec: { cacheId: 'orders' },
      requestedBy: 'autopilot (drift)',
      initiative: 'own',
    });
    expect(said).toMatchObject([{ detailType: 'DriftFound', detail: { cacheId: 'orders', region: 'us-east-1' } }]);
  });

  it('does not judge a cache on which an operation works, nor say anything of it at the last look', async () => {
    for (const lastLook of [false, true]) {
      const { output, asked, said } = await check({ held: '2026-11-21T07:00:01Z', lastLook });
      expect({ output, asked, said }).toEqual({ output: UNJUDGED, asked: [], said: [] });
    }
  });

  it('does not judge one either on which an operation began to work while it looked', async () => {
    const { output, said } = await check({ meanwhile: '2026-11-22T03:00:00Z' });
    expect({ output, said }).toEqual({ output: UNJUDGED, said: [] });
  });

  it.each(['2026-11-21T06:59:59Z', NOW])('takes a lease that ran out for nobody’s: %s', async (held) => {
    expect((await check({ held })).output).toMatchObject({ checked: true, drifted: true });
  });

  it('has nothing to say of a cache that was deleted or let go of meanwhile', async () => {
    const { output, asked, said } = await check({ specified: false, gone: true });
    expect({ output, asked, said }).toEqual({ output: { ...UNJUDGED, checked: true }, asked: [], said: [] });
  });

  it('never has a cache made again that is gone', async () => {
    const { output, said } = await check({ gone: true });
    expect(output).toEqual({ cacheId: 'orders', checked: true, drifted: true, fields: ['cache'] });
    expect(said).toMatchObject([{ detail: { reason: 'CacheGone' } }]);
  });
});
