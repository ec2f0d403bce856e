import { describe, expect, it } from 'vitest';
import type { AnsweredCall, Principal } from '../../../local/service.ts';
import { trailEvent } from '../../../local/services/cloudtrail/trail-event.ts';
import { ACCOUNT_ID, operator } from '../../builders/a-world.ts';

const STARTED = '2026-11-21T11:00:00.000Z';
const TOKEN = 'hunter2hunter2hunter2';

interface Changes extends Partial<Omit<AnsweredCall, 'call'>> {
  readonly operation?: string;
  readonly principal?: Principal;
}
const aCall = ({
  operation = 'ModifyReplicationGroup',
  principal = operator,
  ...more
}: Changes = {}): AnsweredCall => ({
  service: 'elasticache',
  call: { region: 'us-east-1', principal, requestId: 'request-1', operation },
  accessKeyId: 'AKIAEXAMPLE',
  sourceAddress: '127.0.0.1',
  userAgent: 'a client',
  at: Date.parse('2026-11-21T12:00:00.987Z'),
  input: { ReplicationGroupId: 'orders', AuthToken: TOKEN, AuthTokenUpdateStrategy: 'ROTATE' },
  outcome: { output: { ReplicationGroup: { ReplicationGroupId: 'orders', Status: 'modifying', ARN: 'arn:orders' } } },
  ...more,
});
const recordOf = (call: AnsweredCall) => {
  const event = trailEvent(call, ACCOUNT_ID, STARTED);
  return { event, record: event && (JSON.parse(event.record) as Record<string, unknown>) };
};

describe('the event of a call', () => {
  it('that changes a cache tells what was asked and answered, and hides the token', () => {
    const { event, record } = recordOf(aCall());
    expect(record).toMatchObject({
      eventSource: 'elasticache.amazonaws.com',
      eventTime: '2026-11-21T12:00:00Z',
      requestID: 'request-1',
      requestParameters: {
        replicationGroupId: 'orders',
        authToken: 'HIDDEN_DUE_TO_SECURITY_REASONS',
        authTokenUpdateStrategy: 'ROTATE',
      },
      responseElements: { replicationGroupId: 'orders', status: 'modifying', aRN: 'arn:orders' },
      readOnly: false,
    });
    expect(event?.resources).toEqual([{ type: 'AWS::ElastiCache::ReplicationGroup', name: 'orders' }]);
    expect(JSON.stringify(event)).not.toContain(TOKEN);
  });

  it('that failed never repeats a secret of the call, even when the service does', () => {
    const message = `${TOKEN} is no good token for orders`;
    const { event, record } = recordOf(aCall({ outcome: { error: { code: 'InvalidParameterValue', message } } }));
    expect(record).toMatchObject({
      errorCode: 'InvalidParameterValue',
      errorMessage: 'HIDDEN_DUE_TO_SECURITY_REASONS is no good token for orders',
      responseElements: null,
    });
    expect(JSON.stringify(event)).not.toContain(TOKEN);
  });

  it('that could not be read repeats nothing', () => {
    const error = { code: 'SerializationException', message: `Unexpected token "${TOKEN}` };
    const { event, record } = recordOf(aCall({ input: undefined, outcome: { error } }));
    expect(record).toMatchObject({ errorCode: 'SerializationException', requestParameters: null });
    expect(JSON.stringify(event)).not.toContain(TOKEN);
  });

  it.each(['DescribeReplicationGroups', 'ListTagsForResource'])('that reads (%s) has no answer in it', (operation) => {
    const { record } = recordOf(aCall({ operation }));
    expect(record).toMatchObject({ readOnly: true, responseElements: null });
  });

  it('of a service names the service, and nobody', () => {
    const principal: Principal = { kind: 'service', service: 'scheduler.amazonaws.com', context: {} };
    const { event, record } = recordOf(aCall({ principal }));
    expect(event?.username).toBeUndefined();
    expect(record).toMatchObject({
      userIdentity: { type: 'AWSService', invokedBy: 'scheduler.amazonaws.com' },
      sourceIPAddress: 'scheduler.amazonaws.com',
    });
  });

  it.each(['dynamodb', 'lambda', 's3', 'sqs', 'ssm'])('is not kept for %s', (service) => {
    expect(recordOf(aCall({ service })).event).toBeUndefined();
  });
});
