import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { elastiCacheClientWithoutRetries } from '../../functions/platform/clients.ts';
import { elastiCacheFailovers } from '../../functions/platform/failovers.ts';
import { answered } from '../builders/a-client-of.ts';
import { anSdkClient, named } from '../builders/an-sdk-client.ts';

const ordering = (answer: Error) => {
  const { client } = anSdkClient<ElastiCacheClient>({ TestFailover: () => answer });
  return elastiCacheFailovers(client).test('orders', '0001');
};

describe('ordering a failover', () => {
  it('names the cache and the shard', async () => {
    const { client, asked } = anSdkClient<ElastiCacheClient>();
    await elastiCacheFailovers(client).test('orders', '0001');
    expect(asked).toEqual([
      { operation: 'TestFailover', input: { ReplicationGroupId: 'orders', NodeGroupId: '0001' } },
    ]);
  });

  it.each([
    ['APICallRateForCustomerExceededFault', 400, 'WaitForFailoverAllowance'],
    ['TestFailoverNotAvailableFault', 400, 'FailoverTestsBlocked'],
    ['InvalidReplicationGroupStateFault', 400, 'WaitUntilAvailable'],
    ['InvalidCacheClusterStateFault', 400, 'WaitUntilAvailable'],
    ['NodeGroupNotFoundFault', 404, 'AskAgain'],
    ['ReplicationGroupNotFoundFault', 404, 'AskAgain'],
    ['InvalidParameterValueException', 400, 'FixInput'],
    ['InvalidParameterCombinationException', 400, 'FixInput'],
    ['InvalidKMSKeyFault', 400, 'FixKey'],
    ['AccessDenied', 403, 'GrantPermission'],
    ['Throttling', 400, 'ServiceBusy'],
    ['SomethingNew', 400, 'SomethingNew'],
  ])('knows by %s (%i) that it was refused: %s', async (name, status, action) => {
    const refusal = answered(name, status, 'as AWS says it');
    await expect(ordering(refusal)).rejects.toMatchObject({
      name: action,
      message: expect.stringContaining('as AWS says it'),
    });
  });

  it.each<[string, Error]>([
    ['the service is out of order', answered('InternalFailure', 500)],
    ['it is too busy to say', answered('ServiceUnavailable', 503)],
    ['a fault of ours comes with a 500', answered('InvalidReplicationGroupStateFault', 500)],
    ['the connection broke', named('ECONNRESET', 'socket hang up')],
    ['nobody answered in time', named('TimeoutError')],
    ['the answer cannot be read', Object.assign(answered('SyntaxError', 200), { $response: {} })],
    ['something is thrown that says nothing', new Error('?')],
  ])('does not know whether it was carried out when %s', async (_, error) => {
    await expect(ordering(error)).rejects.toMatchObject({
      name: 'OrderUncertain',
      message: 'ElastiCache did not answer whether it lets shard 0001 of orders fail over.',
      cause: error,
    });
  });
});

describe('the client for orders that must not be repeated', () => {
  let treat: (answer: ServerResponse) => void;
  let requests: string[] = [];
  const server = createServer((request, answer) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      requests.push(new URLSearchParams(body).get('Action') ?? '');
      treat(answer);
    });
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // As in Lambda: the client reads where it is, and who it is, from its environment.
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    // Whatever an account sets for all its clients, this one does not repeat.
    vi.stubEnv('AWS_MAX_ATTEMPTS', '5');
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });

  const fault = (code: string) =>
    `<ErrorResponse xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><Error><Type>Sender</Type><Code>${code}</Code><Message>No.</Message></Error><RequestId>1</RequestId></ErrorResponse>`;

  it.each<[string, (answer: ServerResponse) => void, string]>([
    [
      'the service is out of order',
      (answer) => answer.writeHead(503).end(fault('ServiceUnavailable')),
      'OrderUncertain',
    ],
    ['the service fails', (answer) => answer.writeHead(500).end(fault('InternalFailure')), 'OrderUncertain'],
    ['the connection breaks', (answer) => answer.destroy(), 'OrderUncertain'],
    ['the answer is none', (answer) => answer.writeHead(200).end('<html>'), 'OrderUncertain'],
    ['it is throttled', (answer) => answer.writeHead(400).end(fault('Throttling')), 'ServiceBusy'],
    [
      'the group is busy',
      (answer) => answer.writeHead(400).end(fault('InvalidReplicationGroupState')),
      'WaitUntilAvailable',
    ],
    [
      'the allowance is used up',
      (answer) => answer.writeHead(400).end(fault('APICallRateForCustomerExceeded')),
      'WaitForFailoverAllowance',
    ],
  ])('asks once when %s', async (_, answer, name) => {
    treat = answer;
    requests = [];
    const failovers = elastiCacheFailovers(elastiCacheClientWithoutRetries());
    await expect(failovers.test('orders', '0001')).rejects.toMatchObject({ name });
    expect(requests).toEqual(['TestFailover']);
  });
});
