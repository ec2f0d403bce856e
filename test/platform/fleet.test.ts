import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { discoverFleet, modesFor } from '../../functions/platform/fleet.ts';
import { Mode, mostCareful } from '../../functions/platform/names.ts';
import { AccountPolicy } from '../../functions/platform/policy.ts';
import { aCache } from '../builders/an-observation.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';

const OPT_IN = 'autopilot:managed';
const policyOf = (mode: Mode) =>
  AccountPolicy.parse({ modes: { creation: mode, 'failover-drill': mode, 'token-rotation': mode } });

describe('discoverFleet', () => {
  const named = (cacheId: string, tags: Record<string, string>, status = 'available') =>
    aCache({ cacheId, arn: `arn:${cacheId}`, tags, status });

  it('takes only caches that opted in, and names those that it cannot judge', async () => {
    const caches = inMemoryCaches(
      named('ours', { [OPT_IN]: 'true' }),
      named('no-tag', {}),
      named('no', { [OPT_IN]: 'false' }),
      named('capital', { [OPT_IN]: 'True' }),
      named('busy', { [OPT_IN]: 'true' }, 'modifying'),
    );
    const fleet = await discoverFleet(caches, policyOf('act'), OPT_IN);
    expect(fleet.managed.map(({ cache }) => cache.cacheId)).toEqual(['ours']);
    expect(fleet.unknown).toEqual(['busy']);
  });
});

describe('modesFor', () => {
  it('lets the narrowest voice win', () => {
    const tags = { [OPT_IN]: 'true', 'autopilot:mode': 'act', 'autopilot:creation': 'approve' };
    expect(modesFor(tags, policyOf('act'), OPT_IN)).toEqual({
      modes: { creation: 'approve', 'failover-drill': 'act', 'token-rotation': 'act' },
      doubts: [],
    });
  });

  it('takes the window of a cache’s drills for no mode', () => {
    const tags = { [OPT_IN]: 'true', 'autopilot:drill-window': 'sun:03:00-sun:06:00' };
    expect(modesFor(tags, policyOf('act'), OPT_IN)).toEqual({
      modes: { creation: 'act', 'failover-drill': 'act', 'token-rotation': 'act' },
      doubts: [],
    });
  });

  it('never widens what the account allows, whatever the tags say', () => {
    const value = fc.oneof(fc.constantFrom(...Mode.options), fc.string());
    const key = fc.oneof(
      fc.constantFrom('autopilot:mode', 'autopilot:creation', 'autopilot:failover-drill', 'autopilot:token-rotation'),
      fc.string().map((text) => `autopilot:${text}`),
    );
    fc.assert(
      fc.property(fc.constantFrom(...Mode.options), fc.dictionary(key, value), (account, tags) => {
        const { modes, doubts } = modesFor({ ...tags, [OPT_IN]: 'true' }, policyOf(account), OPT_IN);
        for (const mode of Object.values(modes)) expect(mostCareful(mode, account)).toBe(mode);
        if (doubts.length > 0) expect(Object.values(modes)).toContain('observe');
      }),
    );
  });

  it('observes and says so when a tag cannot be understood', () => {
    for (const tags of [{ 'autopilot:mode': 'Act' }, { 'autopilot:creaton': 'act' }]) {
      const { modes, doubts } = modesFor(tags, policyOf('act'), OPT_IN);
      expect(modes.creation).toBe('observe');
      expect(doubts).toHaveLength(1);
    }
  });
});
