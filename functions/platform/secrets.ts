import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  paginateListSecretVersionIds,
  RestoreSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { isNamed } from './aws-errors.ts';
import { OPERATION_TAG } from './names.ts';
import { FixSecret } from './operator-actions.ts';
import {
  type NewSecret,
  newSecretRequest,
  newVersionRequest,
  randomPasswordRequest,
  restoreSecretRequest,
} from './secret-requests.ts';

export interface SecretSeen {
  readonly arn: string;
  /** The version that is current; undefined when the secret has no value yet. */
  readonly currentVersionId?: string | undefined;
  /** The version that is to become the current one (AWSPENDING). Whether it has a value yet is not told. */
  readonly pendingVersionId?: string | undefined;
  /** The version that was the current one before (AWSPREVIOUS). */
  readonly previousVersionId?: string | undefined;
  /** When anything of it was last changed: a value or a label, but its description too. */
  readonly changedAt?: string | undefined;
  /** When the current version was made; only when it was asked for. */
  readonly currentSince?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly deletionScheduled: boolean;
  /** The operation that made it, by its tag. */
  readonly madeBy?: string | undefined;
}

/** Secrets Manager, as far as we need it. Its in-memory twin is in test/. */
export interface Secrets {
  /** @param more also when its current version was made, which is one more call */
  find(nameOrArn: string, more?: 'with dates'): Promise<SecretSeen | undefined>;
  /** Letters and digits only. */
  randomPassword(lengthCharacters: number): Promise<string>;
  /** Undefined when somebody else made it a moment ago. */
  create(secret: NewSecret): Promise<{ arn: string; versionId: string } | undefined>;
  restore(name: string): Promise<void>;
  /** The current value. @throws FixSecret when there is none */
  read(nameOrArn: string): Promise<string>;
  /** The value of one version, whatever its labels; undefined when there is no such version, or it has no text yet. */
  readVersion(nameOrArn: string, versionId: string): Promise<string | undefined>;
  /**
   * Gives a version its value and makes it the one that is to become current (AWSPENDING). The same value again changes nothing.
   *
   * @returns false when the version has another value already, which then stays
   */
  putPending(nameOrArn: string, version: { readonly id: string; readonly value: string }): Promise<boolean>;
  /**
   * Gives a new version its value and makes it the current one at once. The same value again changes nothing.
   *
   * @returns false when the version has another value already, which then stays
   */
  putCurrent(nameOrArn: string, version: { readonly id: string; readonly value: string }): Promise<boolean>;
  /** Moves AWSCURRENT; Secrets Manager makes the version that had it AWSPREVIOUS by itself. */
  makeCurrent(nameOrArn: string, versionId: string, insteadOf: string): Promise<void>;
  /** Takes AWSPENDING off a version, which stays without a label until Secrets Manager removes it. */
  dropPending(nameOrArn: string, versionId: string): Promise<void>;
  /** One that is not there is fine. @param recoveryDays for how long it can be restored, 7–30; left out: a week */
  delete(name: string, recoveryDays?: number): Promise<void>;
}

/** The shortest time for which Secrets Manager keeps a deleted secret (DeleteSecret: 7–30 days). */
const RECOVERY_DAYS = 7;

export const secretsManagerSecrets = (client: SecretsManagerClient): Secrets => ({
  async find(SecretId, more) {
    try {
      const secret = await client.send(new DescribeSecretCommand({ SecretId }));
      const versions = Object.entries(secret.VersionIdsToStages ?? {});
      const versionWith = (label: string) => versions.find(([, stages]) => stages?.includes(label))?.[0];
      const currentVersionId = versionWith('AWSCURRENT');
      const isAsked = more === 'with dates' && currentVersionId !== undefined && secret.DeletedDate === undefined;
      return {
        arn: secret.ARN ?? SecretId,
        currentVersionId,
        ...(isAsked ? { currentSince: await madeAt(client, SecretId, currentVersionId) } : {}),
        pendingVersionId: versionWith('AWSPENDING'),
        previousVersionId: versionWith('AWSPREVIOUS'),
        changedAt: (secret.LastChangedDate ?? secret.CreatedDate)?.toISOString(),
        tags: Object.fromEntries((secret.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
        deletionScheduled: secret.DeletedDate !== undefined,
        madeBy: secret.Tags?.find(({ Key }) => Key === OPERATION_TAG)?.Value,
      };
    } catch (error) {
      if (isNamed(error, 'ResourceNotFoundException')) return undefined;
      throw error;
    }
  },

  async randomPassword(lengthCharacters) {
    const request = randomPasswordRequest(lengthCharacters);
    const { RandomPassword = '' } = await client.send(new GetRandomPasswordCommand(request));
    return RandomPassword;
  },

  async create(secret) {
    try {
      const made = await client.send(new CreateSecretCommand(newSecretRequest(secret)));
      return { arn: made.ARN ?? secret.name, versionId: made.VersionId ?? secret.requestToken };
    } catch (error) {
      if (isNamed(error, 'ResourceExistsException')) return undefined;
      throw error;
    }
  },

  async restore(name) {
    await client.send(new RestoreSecretCommand(restoreSecretRequest(name)));
  },

  async read(SecretId) {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
    if (SecretString === undefined) throw new FixSecret(`The secret ${SecretId} holds no text.`);
    return SecretString;
  },

  async readVersion(SecretId, VersionId) {
    try {
      return (await client.send(new GetSecretValueCommand({ SecretId, VersionId }))).SecretString;
    } catch (error) {
      if (isNamed(error, 'ResourceNotFoundException')) return undefined;
      throw error;
    }
  },

  async putPending(SecretId, { id, value }) {
    try {
      await client.send(
        new PutSecretValueCommand({
          SecretId,
          SecretString: value,
          ClientRequestToken: id,
          VersionStages: ['AWSPENDING'],
        }),
      );
      return true;
    } catch (error) {
      if (isNamed(error, 'ResourceExistsException')) return false;
      throw error;
    }
  },

  async putCurrent(nameOrArn, version) {
    try {
      await client.send(new PutSecretValueCommand(newVersionRequest(nameOrArn, version)));
      return true;
    } catch (error) {
      if (isNamed(error, 'ResourceExistsException')) return false;
      throw error;
    }
  },

  async makeCurrent(SecretId, MoveToVersionId, RemoveFromVersionId) {
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId,
        RemoveFromVersionId,
      }),
    );
  },

  async dropPending(SecretId, RemoveFromVersionId) {
    await client.send(
      new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'AWSPENDING', RemoveFromVersionId }),
    );
  },

  async delete(SecretId, recoveryDays = RECOVERY_DAYS) {
    try {
      await client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: recoveryDays }));
    } catch (error) {
      if (!isNamed(error, 'ResourceNotFoundException')) throw error;
    }
  },
});

/** When a version was made; undefined when it has no label any more, since it is then not told of. */
const madeAt = async (
  client: SecretsManagerClient,
  SecretId: string,
  versionId: string,
): Promise<string | undefined> => {
  for await (const { Versions = [] } of paginateListSecretVersionIds({ client }, { SecretId })) {
    const version = Versions.find(({ VersionId }) => VersionId === versionId);
    if (version) return version.CreatedDate?.toISOString();
  }
  return undefined;
};
