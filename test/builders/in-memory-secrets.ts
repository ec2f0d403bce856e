import { FixSecret } from '../../functions/platform/operator-actions.ts';
import type { Secrets } from '../../functions/platform/secrets.ts';

export interface KeptSecret {
  /** The current value. */
  value?: string | undefined;
  madeBy?: string | undefined;
  /** The version that is current. */
  versionId: string;
  deleted: boolean;
  tags?: Readonly<Record<string, string>> | undefined;
  changedAt?: string | undefined;
  /** When the version that is current was made; nobody tells it of one that became the current one here. */
  currentSince?: string | undefined;
  pendingVersionId?: string | undefined;
  previousVersionId?: string | undefined;
  /** The values of versions that are not the current one. */
  others?: Record<string, string> | undefined;
}

export interface InMemorySecrets extends Secrets {
  readonly kept: Map<string, KeptSecret>;
  /** The passwords that were made up. */
  readonly passwords: string[];
}

/** Secrets Manager's twin. Names serve as ARNs. */
export const inMemorySecrets = (): InMemorySecrets => {
  const kept = new Map<string, KeptSecret>();
  const passwords: string[] = [];
  const thereAs = (name: string): KeptSecret => {
    const secret = kept.get(name);
    if (!secret || secret.deleted) throw new FixSecret(`The secret ${name} is not there.`);
    return secret;
  };
  return {
    kept,
    passwords,
    async find(name, more) {
      const secret = kept.get(name);
      if (!secret) return undefined;
      return {
        arn: name,
        currentVersionId: secret.value === undefined ? undefined : secret.versionId,
        pendingVersionId: secret.pendingVersionId,
        previousVersionId: secret.previousVersionId,
        changedAt: secret.changedAt,
        ...(more === 'with dates' ? { currentSince: secret.currentSince } : {}),
        tags: secret.tags ?? {},
        deletionScheduled: secret.deleted,
        madeBy: secret.madeBy,
      };
    },
    async randomPassword(length) {
      const password = `p${passwords.length}`.padEnd(length, 'x');
      passwords.push(password);
      return password;
    },
    async create({ name, value, tags, requestToken }) {
      if (kept.has(name)) return undefined;
      const madeBy = tags.find(({ Key }) => Key === 'autopilot:operation')?.Value;
      kept.set(name, { value, madeBy, versionId: requestToken, deleted: false });
      return { arn: name, versionId: requestToken };
    },
    async restore(name) {
      const secret = kept.get(name);
      if (secret) secret.deleted = false;
    },
    async read(name) {
      const { value } = thereAs(name);
      if (value === undefined) throw new FixSecret(`The secret ${name} holds no text.`);
      return value;
    },
    async readVersion(name, versionId) {
      const secret = thereAs(name);
      return versionId === secret.versionId ? secret.value : secret.others?.[versionId];
    },
    async putPending(name, { id, value }) {
      const secret = thereAs(name);
      const there = id === secret.versionId ? secret.value : secret.others?.[id];
      if (there !== undefined && there !== value) return false;
      // A repeated call of the same version and value changes no label either (PutSecretValue).
      if (there === value) return true;
      secret.others = { ...secret.others, [id]: value };
      secret.pendingVersionId = id;
      return true;
    },
    async putCurrent(name, { id, value }) {
      const secret = thereAs(name);
      const there = id === secret.versionId ? secret.value : secret.others?.[id];
      if (there !== undefined) return there === value;
      if (secret.value !== undefined) secret.others = { ...secret.others, [secret.versionId]: secret.value };
      secret.previousVersionId = secret.versionId;
      secret.versionId = id;
      secret.value = value;
      secret.currentSince = undefined;
      return true;
    },
    async makeCurrent(name, versionId, insteadOf) {
      const secret = thereAs(name);
      const value = secret.others?.[versionId];
      if (secret.versionId !== insteadOf || value === undefined || secret.value === undefined) {
        throw new FixSecret(`AWSCURRENT of ${name} is not where it was said to be.`);
      }
      const { [versionId]: _, ...rest } = secret.others ?? {};
      secret.others = { ...rest, [secret.versionId]: secret.value };
      secret.previousVersionId = secret.versionId;
      secret.versionId = versionId;
      secret.value = value;
      secret.currentSince = undefined;
      if (secret.pendingVersionId === versionId) secret.pendingVersionId = undefined;
    },
    async dropPending(name, versionId) {
      const secret = thereAs(name);
      if (secret.pendingVersionId === versionId) secret.pendingVersionId = undefined;
    },
    async delete(name) {
      const secret = kept.get(name);
      if (secret) secret.deleted = true;
    },
  };
};
