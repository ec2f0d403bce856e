import type * as api from '@aws-sdk/client-secrets-manager';
import { type Call, operation, type Permission, ServiceError, type World } from '../../service.ts';
import { readToken } from './new-value.ts';
import { permissionsOn } from './permissions.ts';
import { isOpen } from './rotation.ts';
import type { RotationCalendar } from './rotation-calendar.ts';
import type { RotationFunctions } from './rotation-function.ts';
import { readRotationRules } from './rotation-rules.ts';
import type { Rotations } from './rotations.ts';
import { type Secret, type Secrets, usable } from './secrets.ts';
import { blockingVersion } from './staging-labels.ts';

export interface RotationParts {
  readonly secrets: Secrets;
  readonly rotations: Rotations;
  readonly functions: RotationFunctions;
  readonly calendar: RotationCalendar;
}

const LAMBDA_ARN = /^arn:aws[a-z-]*:lambda:([a-z0-9-]+):\d{12}:function:[\w-]{1,64}(:[\w$-]+)?$/;

/** RotateSecret and CancelRotateSecret. */
export const rotationOperations = (world: World, { secrets, rotations, functions, calendar }: RotationParts) => {
  const on = permissionsOn(world, secrets);

  const RotateSecret = operation<api.RotateSecretCommandInput, api.RotateSecretCommandOutput>({
    permissions(input, call) {
      const given = {
        ...(input.RotationLambdaARN ? { 'secretsmanager:RotationLambdaARN': input.RotationLambdaARN } : {}),
        ...(input.RotationRules ? { 'secretsmanager:ModifyRotationRules': 'true' } : {}),
      };
      const rotate = on('secretsmanager:RotateSecret')(input, call).map((permission) => ({
        ...permission,
        context: { ...permission.context, ...given },
      }));
      return [...rotate, ...invokePermission(input, call)];
    },
    async handle(input, { region }) {
      const { SecretId = '', RotateImmediately = true } = input;
      refuseExternal(input);
      const secret = usable(secrets.get(region, SecretId));
      const token = readToken(input.ClientRequestToken);
      const now = world.clock.now();
      const lambdaArn = readLambdaArn(input.RotationLambdaARN, region) ?? secret.rotation?.lambdaArn;
      if (!lambdaArn) throw new ServiceError('InvalidRequestException', NO_FUNCTION);
      const rules = input.RotationRules ? readRotationRules(input.RotationRules, now) : secret.rotation?.rules;
      if (!rules) throw new ServiceError('InvalidParameterException', NO_RULES);
      await functions.mayInvoke(secret, lambdaArn);

      // From here on nothing waits, so that of two calls at a time the second sees what the first began.
      const answer = { ARN: secret.arn, Name: secret.name, VersionId: token };
      const latest = rotations.latest(secret);
      if (latest?.token === token && (isOpen(latest) || latest.state === 'succeeded')) return answer;
      refuseBlocked(usable(secret));
      if (secret.versions.has(token)) {
        throw new ServiceError('InvalidRequestException', `ClientRequestToken ${token} is a version already.`);
      }
      const { rotatedAt, countsFrom = now } = secret.rotation ?? {};
      secret.rotation = { enabled: true, lambdaArn, rules, rotatedAt, countsFrom, next: undefined };
      calendar.enter(secret);
      rotations.begin(secret, token, RotateImmediately ? 'rotation' : 'test');
      return answer;
    },
  });

  const CancelRotateSecret = operation<api.CancelRotateSecretCommandInput, api.CancelRotateSecretCommandOutput>({
    permissions: on('secretsmanager:CancelRotateSecret'),
    handle({ SecretId = '' }, { region }) {
      const secret = usable(secrets.get(region, SecretId));
      if (!secret.rotation) throw new ServiceError('InvalidRequestException', NO_FUNCTION);
      const pending = blockingVersion(secret.labels);
      rotations.cancel(secret);
      secret.rotation.enabled = false;
      calendar.enter(secret);
      return { ARN: secret.arn, Name: secret.name, ...(pending ? { VersionId: pending } : {}) };
    },
  });

  /** Whoever has a secret rotated must be allowed to invoke the function (API reference, RotateSecret). */
  const invokePermission = (input: api.RotateSecretCommandInput, { region }: Call): Permission[] => {
    const { SecretId = '', RotationLambdaARN } = input;
    const resource = RotationLambdaARN || secrets.find(region, SecretId)?.rotation?.lambdaArn;
    return resource ? [{ action: 'lambda:InvokeFunction', resource }] : [];
  };

  const refuseBlocked = (secret: Secret) => {
    const blocking = blockingVersion(secret.labels);
    if (!blocking) return;
    const latest = rotations.latest(secret);
    const isKnown = latest?.token === blocking && (isOpen(latest) || latest.state === 'failed');
    if (!isKnown) {
      const message = `You can't rotate this secret: AWSPENDING is on version ${blocking}, which is not AWSCURRENT. Remove it there.`;
      throw new ServiceError('InvalidRequestException', message);
    }
    if (latest.state === 'failed') rotations.reattempt(secret, latest);
    throw new ServiceError(
      'InvalidRequestException',
      "A previous rotation isn't complete. That rotation will be reattempted.",
    );
  };

  return { RotateSecret, CancelRotateSecret };
};

const NO_FUNCTION = 'No Lambda rotation function ARN is associated with this secret.';
const NO_RULES = 'You must give RotationRules when a secret is rotated for the first time.';

/** @throws ServiceError InvalidParameterException for what is no function of this Region */
const readLambdaArn = (arn: string | undefined, region: string): string | undefined => {
  if (!arn) return undefined;
  if (LAMBDA_ARN.exec(arn)?.[1] === region) return arn;
  throw new ServiceError('InvalidParameterException', `RotationLambdaARN is no Lambda function in ${region}: ${arn}`);
};

/** Secrets that a partner of AWS holds are not emulated. */
const refuseExternal = (input: api.RotateSecretCommandInput) => {
  if (!input.ExternalSecretRotationMetadata && !input.ExternalSecretRotationRoleArn) return;
  throw new ServiceError('NotImplemented', 'The local account does not rotate managed external secrets', 501);
};
