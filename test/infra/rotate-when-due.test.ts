import { describe, expect, it } from 'vitest';
import { aConfiguration } from '../builders/a-configuration.ts';
import { resourcesOf, templatesOf } from '../builders/a-template.ts';
import { statementsOf } from '../builders/statements.ts';

const EVERY_TWO_HOURS = aConfiguration({ schedules: { rotateWhenDue: 'rate(2 hours)' } });

describe.each(Object.entries(templatesOf(EVERY_TWO_HOURS)))('the look for due rotations in %s', (_region, template) => {
  const own = statementsOf(template).filter(({ policy }) => policy.startsWith('TokenRotationWhenDue'));
  const machineNamed = (name: string): string => {
    const machines = resourcesOf(template, 'AWS::StepFunctions::StateMachine');
    const [id] = machines.find(([, { Properties }]) => Properties.StateMachineName === name) ?? [];
    return id ?? expect.fail(`There is no ${name}.`);
  };

  it('is taken as often as the configuration says, and what cannot be begun is kept', () => {
    const schedules = resourcesOf(template, 'AWS::Scheduler::Schedule');
    const [, schedule] = schedules.find(([, { Properties }]) => Properties.Name === 'autopilot-rotate-when-due') ?? [];
    expect(schedule?.Properties).toMatchObject({
      ScheduleExpression: 'rate(2 hours)',
      State: 'ENABLED',
      Target: {
        Arn: { Ref: machineNamed('rotate-when-due') },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.any(String), 'Arn'] } },
      },
    });
  });

  it('may start rotations and nothing else', () => {
    const starting = own.filter(({ Action }) => Action.includes('states:StartExecution'));
    expect(starting.map(({ Resource }) => Resource)).toEqual([[JSON.stringify({ Ref: machineNamed('rotate-token') })]]);
  });

  it('reads of secrets only what is not secret, and changes nothing', () => {
    const ofList = own.filter(({ policy }) => policy.startsWith('TokenRotationWhenDueList'));
    const actions = ofList.flatMap(({ Action }) => Action).filter((action) => !/^(logs|xray):/.test(action));
    expect(actions.length).toBeGreaterThan(5);
    expect(actions.filter((action) => !/:(Describe|List|Query|GetParameter$|GetItem$)/.test(action))).toEqual([]);
    expect(actions.filter((action) => action.startsWith('secretsmanager:'))).toEqual([
      'secretsmanager:DescribeSecret',
      'secretsmanager:ListSecretVersionIds',
    ]);
  });
});
