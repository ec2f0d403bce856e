import { describe, expect, it } from 'vitest';
import { readConfiguration } from '../../infra/configuration.ts';
import { defaultNetwork } from '../../local/services/ec2/default-network.ts';

describe('autopilot.yaml', () => {
  const { accountId, regions } = readConfiguration('autopilot.yaml');

  it('describes an account that nobody owns, in two Regions', () => {
    expect(accountId).toBe('111122223333');
    expect(Object.keys(regions)).toEqual(['us-east-1', 'us-west-2']);
  });

  it.each(Object.entries(regions))('names the network that the local account has in %s', (region, { vpcs }) => {
    const { vpcId, subnets, securityGroupId } = defaultNetwork(region);
    expect(vpcs).toEqual([{ vpcId, subnetIds: subnets.map(({ id }) => id), securityGroupId }]);
  });
});
