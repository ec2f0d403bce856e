import { FixSecret } from '../../functions/platform/operator-actions.ts';
import type { Secrets } from '../../functions/platform/secrets.ts';

interface Kept {
  value?: string | undefined;
  madeBy?: string | undefined;
  versionId: string;
  deleted: boolean;
}

export interface InMemorySecrets extends Secrets {
  readonly kept: Map<string, Kept>;
  /** The passwords that were made up. */
  readonly passwords: string[];
}

/** Secrets Manager's twin. Names serve as ARNs. */
export const inMemorySecrets = (): InMemorySecrets => {
  const kept = new Map<string, Kept>();
  const passwords: string[] = [];
  return {
    kept,
    passwords,
    async find(name) {
      const secret = kept.get(name);
      if (!secret) return undefined;
      return {
        arn: name,
        currentVersionId: secret.value === undefined ? undefined : secret.versionId,
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
      const secret = kept.get(name);
      if (secret?.value === undefined || secret.deleted) throw new FixSecret(`The secret ${name} holds no text.`);
      return secret.value;
    },
    async delete(name) {
      const secret = kept.get(name);
      if (secret) secret.deleted = true;
    },
  };
};
