import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { discoverFleet, modesFor } from '../../functions/platform/fleet.ts';
import { Mode, mostCareful } from '../../functions/platform/names.ts';
import { AccountPolicy } from '../../functions/platform/policy.ts';
import { aCache } from '../builders/an-observation.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';

const OPT_IN = 'autopilot:managed';
const policyOf = (creation: Mode) => AccountPolicy.parse({ modes: { creation } });

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
    expect(modesFor(tags, policyOf('act'), OPT_IN)).toEqual({ modes: { creation: 'approve' }, doubts: [] });
  });

  it('never widens what the account allows, whatever the tags say', () => {
    const value = fc.oneof(fc.constantFrom(...Mode.options), fc.string());
    const key = fc.oneof(
      fc.constantFrom('autopilot:mode', 'autopilot:creation'),
      fc.string().map((text) => `autopilot:${text}`),
    );
    fc.assert(
      fc.property(fc.constantFrom(...Mode.options), fc.dictionary(key, value), (account, tags) => {
        const { modes, doubts } = modesFor({ ...tags, [OPT_IN]: 'true' }, policyOf(account), OPT_IN);
        expect(mostCareful(modes.creation, account)).toBe(modes.creation);
        if (doubts.length > 0) expect(modes.creation).toBe('observe');
      }),
    );
  });

  it('observes and says so when a tag cannot be understood', () => {
    for (const tags of [{ 'autopilot:mode': 'Act' }, { 'autopilot:creaton': 'act' }]) {
      const { modes, doubts } = modesFor(tags, policyOf('act'), OPT_IN);
      expect(modes).toEqual({ creation: 'observe' });
      expect(doubts).toHaveLength(1);
    }
  });
});
