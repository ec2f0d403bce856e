import { Configuration } from '../../infra/configuration.ts';

/** A valid configuration of two Regions, as `autopilot.yaml` would say it. */
export const aConfiguration = (changes: Readonly<Record<string, unknown>> = {}): Configuration =>
  Configuration.parse({
    accountId: '111122223333',
    homeRegion: 'us-east-1',
    drRegion: 'us-west-2',
    regions: { 'us-east-1': { vpcs: [aVpc('0a1b2c3d'), aVpc('0a1b2c3e')] }, 'us-west-2': { vpcs: [aVpc('0a1b2c3f')] } },
    policy: {},
    ...changes,
  });

/** @param tail the ids' part after the dash */
export const aVpc = (tail: string) => ({
  vpcId: `vpc-${tail}`,
  subnetIds: [`subnet-${tail}`],
  securityGroupId: `sg-${tail}`,
});
