import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import { CreateInput } from '../../functions/creation/schemas.ts';
import { CloseInput } from '../../functions/operations/schemas.ts';
import { aDefinition } from '../builders/a-definition.ts';
import { aSpec } from '../builders/a-spec.ts';
import { anObservation } from '../builders/an-observation.ts';
import { named } from '../builders/an-sdk-client.ts';
import {
  fails,
  inTurn,
  OPERATION_ID,
  returns,
  runWorkflow,
  type Stub,
  throws,
  works,
} from '../builders/run-workflow.ts';
import { termsToAct } from '../builders/terms.ts';

const DENIAL =
  'User: arn:aws:sts::111122223333:assumed-role/create/autopilot-creation-create is not authorized to perform: ' +
  'elasticache:CreateReplicationGroup on resource: arn:aws:elasticache:us-east-1:111122223333:replicationgroup:orders ' +
  'because no identity-based policy allows the elasticache:CreateReplicationGroup action';
const plan = planCreation(aSpec(), anObservation(), termsToAct({ operationId: OPERATION_ID }));

/** Runs create-cache with one thing going wrong. @returns the execution's end and what was reported */
const faultOf = async (failing: Readonly<Record<string, Stub>>) => {
  const run = await runWorkflow('create-cache', {
    Plan: returns(JSON.parse(JSON.stringify(plan))),
    Open: returns({ fencing: 1 }),
    createCacheParameterGroup: returns({}),
    modifyCacheParameterGroup: returns({}),
    MakeToken: returns({ secretArn: 'arn:secret', versionId: '1', made: true }),
    Create: returns({ arn: 'arn:orders', status: 'creating' }),
    Diagnose: returns({ diagnosis: 'Nothing explains it.', findings: [], evidence: {} }),
    Undo: returns({ gone: [], kept: [], advice: 'Nothing.' }),
    Close: returns({ outcome: 'undone', repeated: false }),
    ...failing,
  });
  return { outcome: run.outcome, report: CloseInput.parse(run.calls.findLast(({ to }) => to === 'Close')?.with) };
};

/** What the function really throws when AWS answers so. */
const aws = (name: string, message: string): Stub => works(CreateInput, () => Promise.reject(named(name, message)));

/** What Lambda says of a function that it killed. */
const killed = (errorType: string, errorMessage: string) =>
  fails(errorType, JSON.stringify({ errorType, errorMessage }));

/** How `startExecution.sync:2` tells that a child workflow failed. */
const child = (error: string, cause: string) =>
  fails('States.TaskFailed', JSON.stringify({ Status: 'FAILED', Error: error, Cause: cause }));

const headings = new Set(
  [...readFileSync('docs/runbook.md', 'utf8').matchAll(/^### (.+)$/gm)].map(([, heading = '']) => heading),
);

describe('the reason of an operation that failed', () => {
  it.each<[string, Record<string, Stub>, string, readonly string[]]>([
    [
      'a function was throttled by AWS',
      { Create: aws('Throttling', 'Rate exceeded') },
      'ServiceBusy',
      ['AWS answered Throttling: Rate exceeded', 'The same call is right later.'],
    ],
    [
      'Lambda had no room for the function',
      { Create: fails('Lambda.TooManyRequestsException', 'Rate Exceeded. (Service: Lambda, Status Code: 429)') },
      'ServiceBusy',
      ['AWS was too busy for “Create the cache”', 'Status Code: 429'],
    ],
    [
      'Lambda was out of order',
      { Create: fails('Lambda.ServiceException', 'Internal error') },
      'ServiceBusy',
      ['AWS was too busy for “Create the cache”'],
    ],
    ...['AWSLambdaException', 'ClientExecutionTimeoutException', 'EC2ThrottledException'].map(
      (name): [string, Record<string, Stub>, string, readonly string[]] => [
        `Lambda answered ${name}`,
        { Create: fails(`Lambda.${name}`, 'It did not work.') },
        'ServiceBusy',
        ['AWS was too busy for “Create the cache”'],
      ],
    ),
    ...['ResourceNotReadyException', 'ResourceConflictException'].map(
      (name): [string, Record<string, Stub>, string, readonly string[]] => [
        `the verifying function did not wake up: ${name}`,
        { settle: returns({}), Verify: fails(`Lambda.${name}`, 'The function is inactive.') },
        'ServiceBusy',
        ['AWS was too busy for “Verify the cache”', 'The function is inactive.'],
      ],
    ),
    [
      'ElastiCache was out of order',
      { createCacheParameterGroup: fails('ElastiCache.ElastiCacheException', 'Sorry (Service: X, Status Code: 503)') },
      'ServiceBusy',
      ['AWS was too busy for “Make the parameter group”', 'Status Code: 503'],
    ],
    [
      'the workflow’s own call was throttled',
      { createCacheParameterGroup: fails('ElastiCache.ElastiCacheException', 'Rate exceeded (Status Code: 400)') },
      'ServiceBusy',
      ['AWS was too busy for “Make the parameter group”', 'Rate exceeded'],
    ],
    [
      'a function’s call was denied',
      { Create: aws('AccessDenied', DENIAL) },
      'GrantPermission',
      ['AWS denied a call', 'elasticache:CreateReplicationGroup on resource: arn:aws:elasticache:', 'infra/'],
    ],
    [
      'the workflow’s own call was denied',
      { createCacheParameterGroup: fails('ElastiCache.ElastiCacheException', `${DENIAL} (Status Code: 403)`) },
      'GrantPermission',
      ['AWS denied a call in “Make the parameter group”', 'elasticache:CreateReplicationGroup on resource: arn:'],
    ],
    [
      'the workflow may not invoke a function',
      { Create: fails('Lambda.AWSLambdaException', DENIAL.replaceAll('elasticache:Create', 'lambda:Invoke')) },
      'GrantPermission',
      ['AWS denied a call in “Create the cache”'],
    ],
    [
      'the child workflow’s call was denied',
      { settle: child('ElastiCache.ElastiCacheException', DENIAL) },
      'GrantPermission',
      ['AWS denied a call in “Wait until it is available”', 'on resource: arn:aws:elasticache:'],
    ],
    [
      'a function’s own time was up',
      { Create: killed('Sandbox.Timedout', 'RequestId: 1 Error: Task timed out after 30.00 seconds') },
      'Timeout',
      ['“Create the cache” did not end within its time', 'Task timed out after 30.00 seconds'],
    ],
    ['a step’s time was up', { Create: fails('States.Timeout', '') }, 'Timeout', ['“Create the cache” did not end']],
    [
      'a function was killed',
      { Create: killed('Runtime.ExitError', 'RequestId: 1 Error: Runtime exited with error: signal: killed') },
      'FunctionDied',
      ['the function of “Create the cache” was killed or crashed', 'signal: killed'],
    ],
    [
      'a function could not be loaded',
      { Create: killed('Runtime.ImportModuleError', 'Cannot find module index') },
      'FunctionDied',
      ['the function of “Create the cache” was killed or crashed', 'Cannot find module index'],
    ],
    [
      'nobody knows why a function ended',
      { Create: fails('Lambda.Unknown', 'The cause could not be determined') },
      'FunctionDied',
      ['the function of “Create the cache” was killed or crashed', 'The cause could not be determined'],
    ],
    [
      'a cache did not come into being',
      { settle: child('CreateFailed', 'ElastiCache could not create orders.') },
      'CreateFailed',
      ['Creating orders failed: ElastiCache could not create orders.'],
    ],
  ])('says so when %s', async (_what, failing, reason, words) => {
    const { outcome, report } = await faultOf(failing);
    expect(outcome).toMatchObject({ status: 'FAILED', error: reason });
    expect(report).toMatchObject({ outcome: 'undone', reason, problem: { step: expect.any(String) } });
    for (const word of words) expect(report.summary).toContain(word);
    expect(outcome).toHaveProperty('cause', report.summary);
    expect(headings).toContain(reason);
  });

  it('never takes a word of ours for another because of what its sentence repeats', async () => {
    for (const word of ['FixKey', 'FixInput', 'VerificationFailed', 'NotReady']) {
      const { report } = await faultOf({ Create: throws(word, `${DENIAL}; Rate exceeded`) });
      expect(report.reason).toBe(word);
    }
  });

  it('is AWS’s own name where we have no word, for which the runbook has a heading too', async () => {
    const quota = fails('ElastiCache.CacheParameterGroupQuotaExceededException', 'You have 150 already.');
    const { report } = await faultOf({ createCacheParameterGroup: quota });
    expect(report).toMatchObject({
      reason: 'CacheParameterGroupQuotaExceededException',
      problem: { step: 'Make the parameter group', error: 'ElastiCache.CacheParameterGroupQuotaExceededException' },
      summary: expect.stringContaining('You have 150 already.'),
    });
    expect(headings).toContain('Any other word');
  });

  it('is Unknown, and not the plan’s own reason, where the plan says what the workflow does not know', async () => {
    const now = (change: object): Stub => returns(JSON.parse(JSON.stringify({ ...plan, ...change })));
    const then = (change: object) => inTurn(now({}), now(change));
    for (const Plan of [now({ action: 'replace' }), now({ mode: 'bold' }), then({ mode: 'bold' })]) {
      const { report } = await faultOf({ Plan });
      expect(report).toMatchObject({ outcome: 'failed', reason: 'Unknown' });
      expect(report.summary).toContain('does not know');
    }
  });

  it.each(['ElastiCacheException', 'DataLimitExceeded', 'ABORTED', 'TIMED_OUT'])(
    'has a heading for %s, which AWS says itself',
    (word) => expect(headings).toContain(word),
  );

  it('has a heading for every word that the workflow can make of an error', () => {
    const { Assign } = aDefinition('create-cache').States['Name the fault'] as unknown as {
      Assign: { reason: string };
    };
    const words = [...Assign.reason.matchAll(/\? '([A-Z][A-Za-z]+)'/g)].map(([, word]) => word);
    expect(words).toEqual(['GrantPermission', 'ServiceBusy', 'Timeout', 'FunctionDied']);
    for (const word of words) expect(headings).toContain(word);
  });
});
