import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSpec } from '../../../functions/creation/spec.ts';
import { anObservation, aSecurityGroup } from '../../builders/an-observation.ts';
import { aMemcachedSpec, faultPaths, readableMemcached, warningPaths } from './judged.ts';

const judged = (overrides: Record<string, unknown> = {}) => faultPaths(readableMemcached(overrides));

describe('Memcached', () => {
  it('has no faults in the usual case', () => {
    expect(readSpec(aMemcachedSpec()).faults).toEqual([]);
    expect(judged()).toEqual([]);
  });

  it('takes 1 to 40 nodes, and has to say how many', () => {
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 100 }), (numCacheNodes) => {
        expect(judged({ numCacheNodes })).toEqual(numCacheNodes >= 1 && numCacheNodes <= 40 ? [] : ['numCacheNodes']);
      }),
    );
    expect(judged({ numCacheNodes: undefined })).toEqual(['numCacheNodes']);
  });

  it('takes ids of up to 50 characters, 10 more than a replication group', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 80 }), (length) => {
        expect(judged({ cacheId: 'a'.repeat(length) })).toEqual(length <= 50 ? [] : ['cacheId']);
      }),
    );
  });

  it.each([
    ['snapshotRetentionLimit', 1],
    ['snapshotWindow', '03:00-04:00'],
    ['multiAZEnabled', true],
    ['automaticFailoverEnabled', true],
    ['numNodeGroups', 1],
    ['numNodeGroups', 501],
    ['replicasPerNodeGroup', 1],
    ['numCacheClusters', 2],
    ['authToken', { generate: true }],
    ['userGroupIds', ['shop']],
    ['userSecretName', 'autopilot/shop/user'],
    ['transitEncryptionMode', 'preferred'],
    ['atRestEncryptionEnabled', true],
    ['kmsKeyId', 'alias/key'],
    ['dataTieringEnabled', true],
    [
      'logDeliveryConfigurations',
      [{ logType: 'slow-log', destinationType: 'cloudwatch-logs', destination: 'x', logFormat: 'json' }],
    ],
  ])('has no %s: %j', (field, value) => {
    expect(judged({ [field]: value })).toEqual([field]);
  });

  it.each([
    ['snapshotRetentionLimit', 0],
    ['multiAZEnabled', false],
    ['automaticFailoverEnabled', false],
    ['replicasPerNodeGroup', 0],
    ['atRestEncryptionEnabled', false],
    ['dataTieringEnabled', false],
    ['transitEncryptionEnabled', false],
  ])('does not mind %s: %j, which turns it off', (field, value) => {
    expect(judged({ [field]: value })).toEqual([]);
  });

  it('has all its faults reported at once', () => {
    const spec = { snapshotRetentionLimit: 7, multiAZEnabled: true, authToken: { generate: true }, numCacheNodes: 41 };
    expect(new Set(judged(spec))).toEqual(new Set(Object.keys(spec)));
  });

  it.each([
    ['1.6.6', ['transitEncryptionEnabled']],
    ['1.6.11', ['transitEncryptionEnabled']],
    ['1.6.12', []],
    ['1.6.22', []],
  ])('%s has TLS from 1.6.12 on', (engineVersion, paths) => {
    const engineVersions = [{ version: engineVersion, family: 'memcached1.6' }];
    const spec = readableMemcached({ engineVersion, transitEncryptionEnabled: true });
    expect(faultPaths(spec, anObservation({ engineVersions }))).toEqual(paths);
  });

  it('has nodes without SSDs only', () => {
    expect(judged({ cacheNodeType: 'cache.r6gd.xlarge' })).toEqual(['cacheNodeType']);
  });

  it('has versions, subnets, parameters and groups judged like every cache', () => {
    const spec = readableMemcached({
      engineVersion: '1.7',
      securityGroupIds: ['sg-none'],
      parameters: { chunk_sise: '48', 'maxmemory-policy': 'allkeys-lru' },
    });
    const parameters = { chunk_size: { modifiable: true, allowedValues: '1-1024', dataType: 'integer' } };
    expect(faultPaths(spec, anObservation({ subnetGroup: undefined, parameters }))).toEqual([
      ...['engineVersion', 'parameters.chunk_sise', 'parameters.maxmemory-policy'],
      ...['cacheSubnetGroupName', 'securityGroupIds.0'],
    ]);
    const named = readableMemcached({ cacheParameterGroupName: 'mine' });
    const ofFamily = (family: string) =>
      faultPaths(named, anObservation({ namedParameterGroup: { family, clusterEnabled: false } }));
    expect(ofFamily('memcached1.6')).toEqual([]);
    expect(ofFamily('memcached1.5')).toEqual(['cacheParameterGroupName']);
  });

  it('listens on 11211 unless told otherwise', () => {
    const open = (port: number) =>
      anObservation({
        securityGroups: [aSecurityGroup({ inbound: [{ fromPort: port, toPort: port, cidr: '0.0.0.0/0' }] })],
      });
    const spec = { securityGroupIds: ['sg-0123456789abcdef0'] };
    expect(faultPaths(readableMemcached(spec), open(11_211))).toEqual(['securityGroupIds.0']);
    expect(faultPaths(readableMemcached(spec), open(6379))).toEqual([]);
    expect(faultPaths(readableMemcached({ ...spec, port: 6379 }), open(6379))).toEqual(['securityGroupIds.0']);
  });

  it('warns that nobody will read its description at the cache', () => {
    expect(warningPaths(readableMemcached({ description: 'Pages' }))).toEqual(['description']);
    expect(warningPaths(readableMemcached())).toEqual([]);
  });
});
