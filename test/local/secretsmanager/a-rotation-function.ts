import type { InvokeCommandInput, InvokeCommandOutput } from '@aws-sdk/client-lambda';
import * as sdk from '@aws-sdk/client-lambda';
import { operation, type PolicyDocument, type Service } from '../../../local/service.ts';
import { ACCOUNT_ID } from '../../builders/a-world.ts';

export interface RotationEvent {
  readonly Step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';
  readonly SecretId: string;
  readonly ClientRequestToken: string;
  readonly RotationToken: string;
}

export const FUNCTION_ARN = `arn:aws:lambda:us-east-1:${ACCOUNT_ID}:function:rotate`;

/** Who may invoke it: Secrets Manager, as a template's AWS::Lambda::Permission says it. */
export const aFunctionPolicy = (Condition?: object): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'secretsmanager.amazonaws.com' },
      Action: 'lambda:InvokeFunction',
      Resource: FUNCTION_ARN,
      ...(Condition ? { Condition } : {}),
    },
  ],
});

/** Lambda with one function that tests write as they go; it remembers what it was asked. */
export const aRotationFunction = () => {
  const events: RotationEvent[] = [];
  const fn = {
    events,
    steps: () => events.map(({ Step }) => Step),
    /** What it does. Throw to fail a step. */
    does: async (_event: RotationEvent): Promise<void> => {},
    policy: aFunctionPolicy() as PolicyDocument | undefined,
  };
  const Invoke = operation<InvokeCommandInput, InvokeCommandOutput>({
    permissions: ({ FunctionName = '' }) => [
      { action: 'lambda:InvokeFunction', resource: FunctionName, resourcePolicy: fn.policy },
    ],
    async handle({ InvocationType, Payload }) {
      if (InvocationType === 'DryRun') return { StatusCode: 204 };
      const event = JSON.parse(Buffer.from(Payload as Uint8Array).toString()) as RotationEvent;
      events.push(event);
      try {
        await fn.does(event);
        return { StatusCode: 200, Payload: Buffer.from('null') as never };
      } catch (error) {
        const { name, message } = error as Error;
        const told = Buffer.from(JSON.stringify({ errorType: name, errorMessage: message })) as never;
        return { StatusCode: 200, FunctionError: 'Unhandled', Payload: told };
      }
    },
  });
  const service = (): Service => ({
    name: 'lambda',
    api: { signingName: 'lambda', iamPrefix: 'lambda', sdk, Client: sdk.LambdaClient, operations: { Invoke } },
  });
  return { fn, service };
};
