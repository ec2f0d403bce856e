import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  ListServiceQuotasCommand,
  RequestServiceQuotaIncreaseCommand,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_QUOTAS, type Quotas } from '../../../local/services/elasticache/settings.ts';
import { createServiceQuotas } from '../../../local/services/service-quotas/service-quotas.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';

const NODES_PER_REGION = 'L-DFE45DF3';
let world: AWorld;
let client: ServiceQuotasClient;
const quotas: Quotas = { ...DEFAULT_QUOTAS };
beforeAll(async () => {
  world = await aWorld({ services: [(made) => createServiceQuotas(made, { quotas })] });
  client = world.operatorClient(ServiceQuotasClient);
});
afterAll(() => world.close());

const ask = async (QuotaCode: string, ServiceCode = 'elasticache') =>
  (await client.send(new GetServiceQuotaCommand({ ServiceCode, QuotaCode }))).Quota;
const askDefault = async (QuotaCode: string, ServiceCode = 'elasticache') =>
  (await client.send(new GetAWSDefaultServiceQuotaCommand({ ServiceCode, QuotaCode }))).Quota;
const list = (more: object = {}) => client.send(new ListServiceQuotasCommand({ ServiceCode: 'elasticache', ...more }));

describe('Service Quotas', () => {
  test('tells what ElastiCache goes by, and what is usual', async () => {
    quotas.nodesPerRegion = 7;
    const common = {
      ServiceCode: 'elasticache',
      ServiceName: 'Amazon ElastiCache',
      QuotaCode: NODES_PER_REGION,
      QuotaName: 'Nodes per Region',
      Unit: 'None',
      Adjustable: true,
      GlobalQuota: false,
    };
    expect(await ask(NODES_PER_REGION)).toEqual({
      ...common,
      QuotaArn: `arn:aws:servicequotas:us-east-1:${ACCOUNT_ID}:elasticache/${NODES_PER_REGION}`,
      Value: 7,
      QuotaAppliedAtLevel: 'ACCOUNT',
    });
    expect(await askDefault(NODES_PER_REGION)).toEqual({
      ...common,
      QuotaArn: `arn:aws:servicequotas:us-east-1::elasticache/${NODES_PER_REGION}`,
      Value: 300,
    });
  });

  test('lists each quota once, page by page', async () => {
    const all = (await list()).Quotas ?? [];
    expect(new Set(all.map(({ QuotaCode }) => QuotaCode)).size).toBe(all.length);
    const named = Object.fromEntries(all.map(({ QuotaName, Value }) => [QuotaName, Value]));
    expect(named).toMatchObject({ 'Subnets per subnet group': 20, 'Parameter groups per Region': 300 });

    const paged: unknown[] = [];
    for (let NextToken: string | undefined; ; ) {
      const page = await list({ MaxResults: 3, NextToken });
      expect(page.Quotas?.length).toBeLessThanOrEqual(3);
      paged.push(...(page.Quotas ?? []));
      NextToken = page.NextToken;
      if (!NextToken) break;
    }
    expect(paged).toEqual(all);
    expect((await list({ QuotaCode: NODES_PER_REGION })).Quotas).toHaveLength(1);
    await expect(list({ MaxResults: 101 })).rejects.toMatchObject({ name: 'IllegalArgumentException' });
    await expect(list({ NextToken: 'mine' })).rejects.toMatchObject({ name: 'InvalidPaginationTokenException' });
  });

  test('knows no other quotas, and no other services', async () => {
    const missing = { name: 'NoSuchResourceException' };
    await expect(ask('L-00000000')).rejects.toMatchObject(missing);
    await expect(askDefault('L-00000000')).rejects.toMatchObject(missing);
    await expect(list({ QuotaCode: 'L-00000000' })).rejects.toMatchObject(missing);
    await expect(ask(NODES_PER_REGION, 'ec2')).rejects.toMatchObject(missing);
    await expect(askDefault(NODES_PER_REGION, 'ec2')).rejects.toMatchObject(missing);
    await expect(list({ ServiceCode: 'ec2' })).rejects.toMatchObject(missing);
  });

  test('grants no increase', async () => {
    const request = { ServiceCode: 'elasticache', QuotaCode: NODES_PER_REGION, DesiredValue: 400 };
    const refused = await client.send(new RequestServiceQuotaIncreaseCommand(request)).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'NotImplemented' });
  });

  test('asks IAM for each operation', async () => {
    await ask(NODES_PER_REGION);
    expect(world.asked.at(-1)?.permission).toEqual({ action: 'servicequotas:GetServiceQuota', resource: '*' });
  });
});
