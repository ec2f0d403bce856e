import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthorizer } from '../../../local/authorization/authorizer.ts';
import type { Api, Permission, Service } from '../../../local/service.ts';
import { createServices } from '../../../local/services/index.ts';
import { type AWorld, aWorld, operator } from '../../builders/a-world.ts';
import { aFakeEngine } from '../elasticache/fake-engine.ts';

let world: AWorld;
let services: readonly Service[];
beforeAll(async () => {
  world = await aWorld();
  services = createServices(world, aFakeEngine());
});
afterAll(async () => {
  for (const service of services) await service.stop?.();
  await world.close();
});

/** What an operation asks IAM when it is called without naming anything; questions about a name left empty are not meant. */
const questionsOf = (api: Api, name: string): readonly Permission[] => {
  const call = { region: 'us-east-1', principal: operator, requestId: '1', operation: name };
  const asked = api.operations[name]?.permissions?.({} as never, call);
  return (asked ?? [{ action: `${api.iamPrefix}:${name}`, resource: '*' }]).filter(
    ({ resource }) => !/[:/]$|^$/.test(resource),
  );
};

test('what an operation on nothing in particular asks, IAM can judge', async () => {
  const { authorize } = createAuthorizer(world);
  const asked: string[] = [];
  const unjudged: string[] = [];
  for (const { name, api } of services) {
    if (!api) continue;
    for (const operation of Object.keys(api.operations)) {
      for (const permission of questionsOf(api, operation)) {
        asked.push(permission.action);
        const judged = authorize(operator, permission, 'us-east-1');
        await judged.catch(({ message }: Error) => unjudged.push(`${name} ${operation}: ${message}`));
      }
    }
  }
  expect(unjudged).toEqual([]);
  expect(asked).toEqual(expect.arrayContaining(['logs:DescribeLogGroups', 'sqs:ListQueues', 'cloudwatch:ListMetrics']));
});
