import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  authNeedsTlsRule,
  keyNeedsEncryptionRule,
  tlsModeRule,
  userGroupsRule,
  userSecretRule,
} from '../../../functions/creation/rules/security.ts';
import { clearTextWarning } from '../../../functions/creation/rules/warnings.ts';
import { anObservation } from '../../builders/an-observation.ts';
import { faultPaths, readable, warningPaths } from './judged.ts';

const optional = fc.constantFrom(undefined, false, true);

describe('authNeedsTlsRule', () => {
  it('wants TLS for a token, whatever else is said', () => {
    fc.assert(
      fc.property(optional, fc.boolean(), (transitEncryptionEnabled, wants) => {
        const spec = readable({ transitEncryptionEnabled, authToken: wants ? { generate: true } : undefined });
        expect(authNeedsTlsRule(spec)).toHaveLength(wants && transitEncryptionEnabled !== true ? 1 : 0);
      }),
    );
  });
});

describe('userGroupsRule', () => {
  it('wants TLS for a user group, and no token besides', () => {
    fc.assert(
      fc.property(optional, fc.boolean(), (transitEncryptionEnabled, hasToken) => {
        const authToken = hasToken ? { generate: true } : undefined;
        const faults = userGroupsRule(readable({ transitEncryptionEnabled, authToken, userGroupIds: ['shop'] }));
        expect(faults).toHaveLength(Number(hasToken) + Number(transitEncryptionEnabled !== true));
      }),
    );
  });

  it.each([
    ['redis', '5.0.6', 1],
    ['redis', '6.0', 0],
    ['redis', '7.1', 0],
    ['valkey', '7.2', 0],
  ])('judges %s %s', (engine, engineVersion, count) => {
    const spec = readable({
      engine,
      engineVersion,
      authToken: undefined,
      userGroupIds: ['shop'],
      userSecretName: 'autopilot/shop/user',
    });
    expect(userGroupsRule(spec)).toHaveLength(count);
  });
});

describe('userSecretRule', () => {
  it.each([
    [{ userGroupIds: ['shop'] }, 1],
    [{ userSecretName: 'autopilot/shop/user' }, 1],
    [{ userGroupIds: ['shop'], userSecretName: 'autopilot/shop/user' }, 0],
    [{}, 0],
  ])('wants a user of the group to verify the cache: %j', (given, count) => {
    expect(userSecretRule(readable({ engine: 'valkey', ...given })).map(({ path }) => path)).toEqual(
      Array(count).fill('userSecretName'),
    );
  });
});

describe('userGroupThereRule', () => {
  it.each([
    ['redis', [], 1],
    ['redis', [{ id: 'shop', status: 'active', engine: 'redis' }], 0],
    ['redis', [{ id: 'shop', status: 'active', engine: 'valkey' }], 1],
    ['valkey', [{ id: 'shop', status: 'active', engine: 'redis' }], 0],
    ['valkey', [{ id: 'shop', status: 'modifying', engine: 'valkey' }], 1],
    ['valkey', undefined, 0],
  ])('for %s, given %j', (engine, userGroups, count) => {
    const engineVersion = engine === 'redis' ? '7.1' : '8.0';
    const spec = readable({
      engine,
      engineVersion,
      authToken: undefined,
      userGroupIds: ['shop'],
      userSecretName: 'autopilot/shop/user',
    });
    expect(faultPaths(spec, anObservation({ userGroups }))).toEqual(Array(count).fill('userGroupIds.0'));
  });
});

describe('tlsModeRule', () => {
  it('wants TLS for either mode', () => {
    fc.assert(
      fc.property(optional, fc.constantFrom('preferred', 'required'), (transitEncryptionEnabled, mode) => {
        const spec = readable({ transitEncryptionEnabled, transitEncryptionMode: mode });
        expect(tlsModeRule(spec)).toHaveLength(transitEncryptionEnabled === true ? 0 : 1);
      }),
    );
  });

  it('lets clients choose from Redis 7.0 on', () => {
    const faults = (engineVersion: string, transitEncryptionMode: string) =>
      tlsModeRule(readable({ engineVersion, transitEncryptionMode })).length;
    expect([faults('6.2', 'preferred'), faults('6.2', 'required'), faults('7.0', 'preferred')]).toEqual([1, 0, 0]);
  });

  it('is only warned of when tokens would travel in the clear', () => {
    expect(warningPaths(readable({ transitEncryptionMode: 'preferred' }))).toEqual(['transitEncryptionMode']);
    expect(warningPaths(readable({ transitEncryptionMode: 'preferred', authToken: undefined }))).toEqual([]);
    expect(warningPaths(readable({ transitEncryptionMode: 'required' }))).toEqual([]);
    // ElastiCache refuses to change the mode afterwards: nobody is told to.
    const [warning] = clearTextWarning(readable({ transitEncryptionMode: 'preferred' }));
    expect(warning?.remedy).toMatch(/^Create the cache with transitEncryptionMode: required/);
  });
});

describe('keyNeedsEncryptionRule', () => {
  it('wants encryption at rest, which only Valkey has unless asked', () => {
    fc.assert(
      fc.property(optional, fc.constantFrom('redis', 'valkey'), (atRestEncryptionEnabled, engine) => {
        const faults = keyNeedsEncryptionRule(readable({ engine, atRestEncryptionEnabled, kmsKeyId: 'alias/key' }));
        expect(faults).toHaveLength((atRestEncryptionEnabled ?? engine === 'valkey') ? 0 : 1);
      }),
    );
  });
});

describe('notificationTopicRule', () => {
  it('takes the autopilot’s own topic and no other', () => {
    const ours = 'arn:aws:sns:us-east-1:111122223333:elasticache-events';
    expect(faultPaths(readable({ notificationTopicArn: ours }))).toEqual([]);
    fc.assert(
      fc.property(fc.string(), (name) => {
        const notificationTopicArn = `arn:aws:sns:us-east-1:111122223333:x${name}`;
        expect(faultPaths(readable({ notificationTopicArn }))).toEqual(['notificationTopicArn']);
      }),
    );
  });
});
