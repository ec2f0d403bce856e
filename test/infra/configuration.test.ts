import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfiguration, readConfiguration, WrongConfiguration } from '../../infra/configuration.ts';

const GOOD = `
accountId: '111122223333'
homeRegion: us-east-1
regions:
  us-east-1:
    vpcs:
      - { vpcId: vpc-0a1b2c3d, subnetIds: [subnet-0a1b2c3d], securityGroupId: sg-0a1b2c3d }
policy: {}
`;

const faultsIn = (text: string): string[] => {
  try {
    parseConfiguration(text);
  } catch (error) {
    if (error instanceof WrongConfiguration)
      return error.message
        .split('\n')
        .slice(1)
        .map((line) => line.trim());
    throw error;
  }
  return [];
};

describe('parseConfiguration', () => {
  it('fills in what an account seldom changes', () => {
    expect(parseConfiguration(GOOD)).toMatchObject({ optInTag: 'autopilot:managed', logRetentionDays: 90 });
  });

  it('names every fault at once, each with its path, also those between settings', () => {
    const faults = faultsIn(`
accountId: 111122223333
homeRegion: us-east-9
drRegion: us-east-9
regions:
  us-east-1:
    vpcs:
      - { vpcId: vpc-0a1b2c3d, subnetIds: [], securityGroupId: sg-0a1b2c3d }
      - { vpcId: vpc-0a1b2c3d, subnetIds: [subnet-1], securityGroupId: sg-0a1b2c3d, colour: red }
  Narnia: { vpcs: [] }
policy: {}
logRetentionDays: 2
alarmEmail: nobody
slacks: {}
`);
    expect(faults.map((fault) => fault.split(': ')[0])).toEqual([
      'accountId',
      'regions.us-east-1.vpcs[0].subnetIds',
      'regions.us-east-1.vpcs[1].subnetIds[0]',
      'regions.us-east-1.vpcs[1].colour',
      'regions.Narnia.vpcs',
      'logRetentionDays',
      'alarmEmail',
      'slacks',
      'homeRegion',
      'drRegion',
      'drRegion',
      'regions.us-east-1.vpcs[1].vpcId',
      'regions.Narnia',
    ]);
    expect(faults).toContainEqual(
      'accountId: write the account id in quotes: as a number it would lose its leading zeros',
    );
  });

  it.each([
    ['an unknown setting', `${GOOD}colour: red`, 'colour: there is no such setting; is it misspelt?'],
    [
      'an unknown setting of the policy',
      GOOD.replace('policy: {}', 'policy: { colour: red }'),
      'policy.colour: there is no such setting; is it misspelt?',
    ],
    ['a setting given twice', `${GOOD}homeRegion: us-east-1`, 'Map keys must be unique'],
    ['text that is no YAML', 'accountId: [', 'Flow sequence'],
    ['an empty file', '', '(the whole file): '],
    ['a list', '- a', '(the whole file): '],
    [
      'a Region that is not there',
      GOOD.replace('homeRegion: us-east-1', 'homeRegion: eu-west-1'),
      'homeRegion: eu-west-1 is not one of `regions`',
    ],
  ])('refuses %s', (_what, text, fault) => {
    expect(faultsIn(text)).toEqual([expect.stringContaining(fault)]);
  });
});

describe('readConfiguration', () => {
  it.each(['autopilot:mode', 'autopilot:operation'])('takes no %s for the opt-in tag', (key) => {
    expect(faultsIn(`${GOOD}\noptInTag: '${key}'\n`)).toEqual(['optInTag: this tag has another meaning already']);
  });

  it('says which file is missing, and where to read on', () => {
    expect(() => readConfiguration('/nowhere/autopilot.yaml')).toThrow(
      'There is no configuration at /nowhere/autopilot.yaml: docs/configuration.md says what belongs in it.',
    );
  });

  it('names the file in front of its faults', () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'configuration-')), 'autopilot.yaml');
    writeFileSync(file, 'colour: red');
    expect(() => readConfiguration(file)).toThrow(new RegExp(`^${file} has \\d+ faults:`));
  });
});
