import * as z from 'zod';
import { envelope, patternOf } from './event.ts';

const SOURCE = 'aws.states';
const DETAIL_TYPE = 'Step Functions Execution Status Change';

/** The ends of an execution that did not come from a Succeed state. */
export const UNHAPPY_ENDS = ['FAILED', 'TIMED_OUT', 'ABORTED'];

/** Step Functions tells that an execution ended badly. `input` is null when it was too large (Step Functions guide). */
export const executionStatusChange = {
  detailType: DETAIL_TYPE,
  schema: envelope(
    SOURCE,
    DETAIL_TYPE,
    z.looseObject({
      executionArn: z.string(),
      stateMachineArn: z.string(),
      name: z.string(),
      status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
      startDate: z.number().describe('milliseconds since the epoch'),
      stopDate: z.number().nullable(),
      input: z.string().nullish(),
      error: z.string().nullish(),
      cause: z.string().nullish(),
    }),
  ),
  pattern: { ...patternOf(SOURCE, DETAIL_TYPE), detail: { status: [...UNHAPPY_ENDS] } },
  sample: {
    version: '0',
    id: '22222222-3333-4444-8555-666666666666',
    'detail-type': DETAIL_TYPE,
    source: SOURCE,
    account: '111122223333',
    time: '2026-11-21T08:00:00Z',
    region: 'us-east-1',
    resources: [
      'arn:aws:states:us-east-1:111122223333:execution:create-cache:request-11111111-2222-4333-8444-555555555555',
    ],
    detail: {
      executionArn:
        'arn:aws:states:us-east-1:111122223333:execution:create-cache:request-11111111-2222-4333-8444-555555555555',
      stateMachineArn: 'arn:aws:states:us-east-1:111122223333:stateMachine:create-cache',
      name: 'request-11111111-2222-4333-8444-555555555555',
      status: 'TIMED_OUT',
      startDate: 1795244400000,
      stopDate: 1795248000000,
      input: '{"spec":{"cacheId":"orders"},"requestedBy":"alice@example.com"}',
      inputDetails: { included: true },
      output: null,
      outputDetails: null,
      error: 'States.Timeout',
      cause: null,
    },
  },
};
