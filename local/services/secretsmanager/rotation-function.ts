import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { type Principal, ServiceError, type World } from '../../service.ts';
import type { Rotation, RotationStep } from './rotation.ts';
import type { Secret } from './secrets.ts';

/** A rotation function as Secrets Manager sees it: it may be invoked, or not; it succeeds, or not. */
export interface RotationFunctions {
  /** @throws ServiceError AccessDeniedException when Secrets Manager may not invoke the function for this secret */
  mayInvoke(secret: Secret, lambdaArn: string): Promise<void>;
  /**
   * Has the function do one step and waits for its end.
   *
   * @returns what went wrong; undefined when nothing did
   * @throws the signal's reason
   */
  invoke(
    secret: Secret,
    lambdaArn: string,
    rotation: Rotation,
    step: RotationStep,
    signal: AbortSignal,
  ): Promise<string | undefined>;
}

export const createRotationFunctions = (world: World): RotationFunctions => {
  /** Both keys can be in the function's policy (guide, "Permissions for rotation"). */
  const clientFor = (secret: Secret, lambdaArn: string) => {
    const context = { 'aws:SourceArn': secret.arn, 'aws:SourceAccount': world.accountId };
    const principal: Principal = { kind: 'service', service: 'secretsmanager.amazonaws.com', context };
    return world.client(LambdaClient, principal, lambdaArn.split(':')[3] ?? secret.region);
  };

  return {
    async mayInvoke(secret, lambdaArn) {
      try {
        const dryRun = new InvokeCommand({ FunctionName: lambdaArn, InvocationType: 'DryRun' });
        await clientFor(secret, lambdaArn).send(dryRun);
      } catch (cause) {
        world.log('secretsmanager', `${secret.name}: ${lambdaArn} cannot be invoked: ${describe(cause)}`);
        const message =
          'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.';
        throw new ServiceError('AccessDeniedException', message);
      }
    },
    async invoke(secret, lambdaArn, { token, rotationToken }, step, signal) {
      const event = { Step: step, SecretId: secret.arn, ClientRequestToken: token, RotationToken: rotationToken };
      const command = new InvokeCommand({ FunctionName: lambdaArn, Payload: JSON.stringify(event) });
      try {
        const { FunctionError, Payload } = await clientFor(secret, lambdaArn).send(command, { abortSignal: signal });
        return FunctionError ? errorTypeOf(Payload) : undefined;
      } catch (cause) {
        signal.throwIfAborted();
        return describe(cause);
      }
    },
  };
};

const describe = (cause: unknown) => (cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause));

/** Only the error's name: what else a function says may hold the secret. The function's own log tells more. */
const errorTypeOf = (payload: Uint8Array = new Uint8Array()): string => {
  try {
    const { errorType } = JSON.parse(Buffer.from(payload).toString()) as { errorType?: unknown };
    return typeof errorType === 'string' ? errorType : 'Unhandled';
  } catch {
    return 'Unhandled';
  }
};
