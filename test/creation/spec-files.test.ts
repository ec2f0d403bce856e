import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../functions/creation/observation.ts';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import { aSpecFile } from '../builders/a-spec.ts';
import { anObservation, aSecurityGroup } from '../builders/an-observation.ts';
import { termsToAct } from '../builders/terms.ts';

const alphabetically = (one: string, other: string) => one.localeCompare(other);

const SPECS = path.join(import.meta.dirname, 'specs');
const namesIn = (folder: string): string[] =>
  readdirSync(path.join(SPECS, folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => path.join(folder, file.replace('.yaml', '')));

/** The account in which the files are judged: their subnet groups, security groups and parameter groups exist. */
const accountFor = (spec: Record<string, unknown>, overrides: Partial<Observation> = {}): Observation =>
  anObservation({
    securityGroups: [spec.securityGroupIds ?? []].flat().map((id) => aSecurityGroup({ id: String(id) })),
    namedParameterGroup:
      spec.cacheParameterGroupName === 'default.memcached1.6'
        ? { family: 'memcached1.6', clusterEnabled: false }
        : undefined,
    ...overrides,
  });

/** What each file under invalid/ must be refused for, as its first line says: the path of each fault. */
const FAULTS: Record<string, { paths: string[]; account?: Partial<Observation> }> = {
  'bad-id': { paths: ['cacheId', 'cacheId', 'cacheId'] },
  'failover-without-replica': { paths: ['multiAZEnabled'] },
  'id-too-long': { paths: ['cacheId'] },
  'memcached-with-snapshots': { paths: ['authToken', 'multiAZEnabled', 'snapshotRetentionLimit'] },
  'open-to-the-world': {
    paths: ['securityGroupIds.0'],
    account: {
      securityGroups: [
        aSecurityGroup({ id: 'sg-openopenopenopen0', inbound: [{ fromPort: 0, toPort: 65_535, cidr: '0.0.0.0/0' }] }),
      ],
    },
  },
  'retention-too-long': { paths: ['snapshotRetentionLimit'] },
  'shards-and-cluster-count': { paths: ['numCacheClusters'] },
  'six-faults-at-once': {
    paths: ['authToken', 'cacheId', 'deletionPolicy', 'numNodeGroups', 'replicasPerNodeGroup', 'snapshotWindow'],
  },
  'subnet-group-one-az': {
    paths: ['cacheSubnetGroupName'],
    account: { subnetGroup: { name: 'one-az-only', vpcId: 'vpc-0a1b2c3d', zones: ['us-east-1a'] } },
  },
  'token-without-tls': { paths: ['authToken'] },
  'too-many-replicas': { paths: ['replicasPerNodeGroup'] },
  'too-many-shards': { paths: ['numNodeGroups'] },
  'unknown-field': { paths: ['replicasPerNodeGroups'] },
  'window-too-short': { paths: ['snapshotWindow'] },
  'windows-overlap': { paths: ['preferredMaintenanceWindow'] },
};

describe('the specification files', () => {
  it.each(namesIn('.'))('creates %s', (name) => {
    const spec = aSpecFile(name);
    const plan = planCreation(spec, accountFor(spec), termsToAct());
    expect(plan.faults).toEqual([]);
    expect(plan).toMatchObject({ action: 'create', reason: 'NewCache', mode: 'act', cacheId: spec.cacheId });
  });

  it('knows what is wrong with every invalid file', () => {
    expect(
      namesIn('invalid')
        .map((name) => path.basename(name))
        .toSorted(alphabetically),
    ).toEqual(Object.keys(FAULTS).toSorted(alphabetically));
  });

  it.each(Object.entries(FAULTS))('refuses invalid/%s for exactly its faults', (name, { paths, account }) => {
    const spec = aSpecFile(`invalid/${name}`);
    const plan = planCreation(spec, accountFor(spec, account), termsToAct());
    expect(plan.faults.map((fault) => fault.path).toSorted(alphabetically)).toEqual(paths);
    expect(plan).toMatchObject({ action: 'refuse', reason: 'InvalidSpec', calls: [] });
  });

  it('guesses the field that was meant', () => {
    const plan = planCreation(aSpecFile('invalid/unknown-field'), anObservation(), termsToAct());
    expect(plan.faults[0]?.remedy).toBe('Did you mean replicasPerNodeGroup?');
  });
});
