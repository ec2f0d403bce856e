import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InboundRule } from '../../../functions/creation/observation.ts';
import { planCreation } from '../../../functions/creation/plan-creation.ts';
import { reachOf } from '../../../functions/creation/rules/reach.ts';
import { aSpec } from '../../builders/a-spec.ts';
import { aCache, anObservation, aSecurityGroup } from '../../builders/an-observation.ts';
import { termsToAct } from '../../builders/terms.ts';
import { faultPaths, readable, warningPaths } from './judged.ts';

const EVERYBODY: InboundRule = { fromPort: 0, toPort: 65_535, cidr: '0.0.0.0/0' };
const onPort = (port: number): InboundRule => ({ fromPort: port, toPort: port, cidr: '0.0.0.0/0' });
const group = (...inbound: InboundRule[]) => aSecurityGroup({ inbound });

describe('reachOf', () => {
  it.each([
    ...['10.0.0.0/8', '10.255.0.0/16', '172.16.0.0/12', '172.31.0.0/16', '192.168.0.0/16', '100.64.0.0/10'],
    ...['10.1.2.3/32', 'fc00::/7', 'fd12:3456::/32', 'fd00::1/128'],
  ])('calls %s private', (cidr) => expect(reachOf(cidr)).toBe('private'));

  it.each([
    ...['0.0.0.0/0', '::/0', '0.0.0.0/1', '128.0.0.0/1', '2000::/3', '3.0.0.0/8', '10.0.0.0/7', '172.0.0.0/8'],
    ...['172.32.0.0/16', '192.0.0.0/8', '100.0.0.0/8', '203.0.113.0/23', '2600:1f18::/32', 'fc00::/6', '2600::/55'],
    ...['unreadable', '10.0.0.0', '10.0.0.0/', '10.0.0.0/x', '10.0.0.0/33', 'fe80::%eth0/64', ''],
  ])('calls %s the world', (cidr) => expect(reachOf(cidr)).toBe('world'));

  it.each(['203.0.113.0/24', '203.0.113.7/32', '2600:1f18:1234:5600::/56', '2600:1f18::1/128'])(
    'calls %s a few public addresses',
    (cidr) => expect(reachOf(cidr)).toBe('few'),
  );

  it('never calls private what has an address outside of the private networks', () => {
    const isPrivate = ([a, b]: readonly [number, number]) =>
      a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 100 && b >= 64 && b <= 127);
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(fc.tuple(byte, byte), fc.integer({ min: 16, max: 32 }), ([a, b], bits) => {
        expect(reachOf(`${a}.${b}.0.0/${bits}`) === 'private').toBe(isPrivate([a, b]));
      }),
    );
  });

  it('answers whatever it is given', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV6(), fc.ipV4()), (text) => void reachOf(text)));
  });
});

describe('securityGroupsRule', () => {
  it('judges the group that the cache gets when none is named', () => {
    const seen = (...inbound: InboundRule[]) => anObservation({ cacheGroups: [group(...inbound)] });
    expect(faultPaths(readable(), seen(EVERYBODY))).toEqual(['securityGroupIds']);
    expect(faultPaths(readable(), seen({ ...EVERYBODY, cidr: '172.31.0.0/16' }))).toEqual([]);
    const plan = planCreation(aSpec(), seen(EVERYBODY), termsToAct());
    expect(plan).toMatchObject({ action: 'refuse', reason: 'InvalidSpec' });
    expect(plan.faults[0]?.rule).toContain('which applies as none is named, opens port 6379 to 0.0.0.0/0');
  });

  it('judges the port on which the cache listens already', () => {
    const cache = aCache({ port: 7000, securityGroupIds: ['sg-0123456789abcdef0'] });
    const spec = readable({ securityGroupIds: ['sg-0123456789abcdef0'] });
    const seen = (rule: InboundRule) => {
      const groups = [group(rule)];
      return anObservation({ cache, securityGroups: groups, cacheGroups: groups });
    };
    expect(faultPaths(spec, seen(onPort(7000)))).toEqual(['securityGroupIds.0']);
    expect(faultPaths(spec, seen(onPort(6379)))).toEqual([]);
  });

  it('lets a verifier in on the port on which the cache listens already', () => {
    const verifierGroupId = 'sg-0fedcba9876543210';
    const letIn = (port: number) =>
      faultPaths(
        readable(),
        anObservation({
          cache: aCache({ port: 7000 }),
          cacheGroups: [
            aSecurityGroup({ inbound: [], peers: [{ fromPort: port, toPort: port, id: verifierGroupId }] }),
          ],
          verifierGroupId,
        }),
      );
    expect(letIn(7000)).toEqual([]);
    expect(letIn(6379)).toEqual(['securityGroupIds']);
  });

  it('warns of a few public addresses, and refuses many', () => {
    const seen = (cidr: string) => anObservation({ cacheGroups: [group({ ...onPort(6379), cidr })] });
    const judged = (cidr: string) => [faultPaths(readable(), seen(cidr)), warningPaths(readable(), seen(cidr))];
    expect(judged('3.0.0.0/8')).toEqual([['securityGroupIds'], []]);
    expect(judged('203.0.113.0/24')).toEqual([[], ['securityGroupIds']]);
    expect(judged('10.0.0.0/8')).toEqual([[], []]);
  });
});
