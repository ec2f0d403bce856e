import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mode, mostCareful } from '../../functions/platform/names.ts';
import { AccountPolicy, CAREFUL_POLICY, modeAt, readPolicy } from '../../functions/platform/policy.ts';

describe('the account’s policy', () => {
  it('asks a person when nobody has said anything', () => {
    expect(AccountPolicy.parse({})).toEqual({
      modes: { creation: 'approve', 'failover-drill': 'approve', 'token-rotation': 'approve' },
      failedCreations: 'remove',
      failoverDrills: {
        everyDays: 90,
        startedPerLook: 1,
        targetSeconds: 60,
        maxLagSeconds: 1,
        snapshotWithinHours: 24,
        windows: [],
        freezes: [],
        abortOnAlarms: [],
      },
      tokenRotation: {
        everyDays: 30,
        gracePeriodMinutes: 1440,
        askBeforeRetiring: 'if-somebody-is-late',
        startedPerLook: 1,
        windows: [],
      },
      changeWindows: [],
      limits: {},
      requiredTags: [],
    });
  });

  it('reads what infra/ wrote', () => {
    const policy = AccountPolicy.parse({ modes: { creation: 'act' }, changeWindows: ['sun:03:00-sun:06:00'] });
    expect(readPolicy(JSON.stringify(policy))).toEqual({ policy, doubts: [] });
  });

  it.each([
    '',
    'act',
    '{"modes":{"creation":"yes"}}',
    '{"modes":{"creaton":"act"}}',
    '{"changeWindows":["at night"]}',
    'null',
  ])('only observes, and says why, when the document is %j', (text) => {
    const { policy, doubts } = readPolicy(text);
    expect(policy).toEqual(CAREFUL_POLICY);
    expect(doubts).toHaveLength(1);
  });

  it('never acts on a document that it cannot read', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { policy, doubts } = readPolicy(text);
        if (doubts.length > 0) expect(modeAt(policy, 'creation', '2026-11-21T07:00:00Z')).toBe('observe');
      }),
    );
  });

  it('is never made freer by a request', () => {
    const mode = fc.constantFrom(...Mode.options);
    fc.assert(
      fc.property(mode, mode, (creation, requested) => {
        const result = modeAt(
          AccountPolicy.parse({ modes: { creation } }),
          'creation',
          '2026-11-21T07:00:00Z',
          requested,
        );
        expect(mostCareful(result, creation)).toBe(result);
        expect(mostCareful(result, requested)).toBe(result);
      }),
    );
  });
});
