import type { RotationSettings } from './rotation.ts';
import type { Secret } from './secrets.ts';

/** The versions that have staging labels, as DescribeSecret and ListSecrets show them. */
export const stagesOf = (secret: Secret): Record<string, string[]> =>
  Object.fromEntries(
    [...secret.labels].filter(([, labels]) => labels.size > 0).map(([id, labels]) => [id, [...labels]]),
  );

/** A secret without its values, as DescribeSecret and ListSecrets show it. */
export const describeSecret = (secret: Secret) => ({
  ARN: secret.arn,
  Name: secret.name,
  CreatedDate: secret.createdAt,
  LastChangedDate: secret.changedAt,
  Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
  ...(secret.description === undefined ? {} : { Description: secret.description }),
  ...(secret.kmsKeyId === undefined ? {} : { KmsKeyId: secret.kmsKeyId }),
  ...(secret.deletedAt ? { DeletedDate: secret.deletedAt } : {}),
  ...(secret.rotation ? describeRotation(secret.rotation) : {}),
});

/** Once rotation is switched off there are no dates any more (API reference, DescribeSecret). */
const describeRotation = ({ enabled, lambdaArn, rules, rotatedAt, next }: RotationSettings) => ({
  RotationEnabled: enabled,
  RotationLambdaARN: lambdaArn,
  RotationRules: rules.shown,
  ...(enabled && rotatedAt ? { LastRotatedDate: rotatedAt } : {}),
  // The secret is rotated on or before this date, so it is the window's last second.
  ...(enabled && next ? { NextRotationDate: new Date(next.closesAt - 1000) } : {}),
});
