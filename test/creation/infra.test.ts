import { expect, it } from 'vitest';
import { templatesOf } from '../builders/a-template.ts';
import { statementsOf } from '../builders/statements.ts';

it('the step that completes a secret writes into caches’ secrets with the opt-in tag, and changes nothing else', () => {
  const allowed = Object.values(templatesOf())
    .flatMap(statementsOf)
    .filter(({ policy, Effect }) => policy.startsWith('CreationCompleteSecret') && Effect === 'Allow');
  const changing = allowed.filter(({ Action }) =>
    Action.some((action) => !/:(Describe|List|Get)|^(xray|logs):/.test(action)),
  );
  expect(changing.length).toBeGreaterThan(0);
  for (const { Action, Resource, Condition } of changing) {
    expect(Action).toEqual(['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue']);
    for (const arn of Resource) expect(arn).toMatch(/^arn:aws:secretsmanager:.*:secret:autopilot\/\*$/);
    expect(Condition).toEqual({ StringEquals: { 'aws:ResourceTag/autopilot:managed': 'true' } });
  }
});
