import * as elasticache from '@aws-sdk/client-elasticache';
import * as secretsManager from '@aws-sdk/client-secrets-manager';
import { NormalizedSchema } from '@smithy/core/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readApiModel, type Schema } from '../../../local/protocol/api-model.ts';
import { HIDDEN, hideSecrets, withoutSecrets } from '../../../local/services/cloudtrail/hide-secrets.ts';

const SECRET = 'hunter2hunter2';

const APIS = [
  { signingName: 'secretsmanager', sdk: secretsManager, Client: secretsManager.SecretsManagerClient },
  { signingName: 'elasticache', sdk: elasticache, Client: elasticache.ElastiCacheClient },
].map((api) => readApiModel(api.signingName, { ...api, iamPrefix: api.signingName, operations: {} }));

/** ElastiCache's model does not say which members are secrets; its guide does. */
const SECRET_NAMES = ['AuthToken', 'Passwords', 'SecretString', 'SecretBinary', 'RotationToken', 'RandomPassword'];

/** An input or output with every member filled; what is secret holds the secret. */
const filled = (schema: Schema, isSecret = false, depth = 0): unknown => {
  const shape = NormalizedSchema.of(schema);
  const secret = isSecret || Boolean((shape.getMergedTraits() as { sensitive?: unknown }).sensitive);
  if (depth > 5) return undefined;
  if (shape.isStructSchema()) {
    const members = [...shape.structIterator()].map(([name, member]) => {
      return [name, filled(member, SECRET_NAMES.includes(name), depth + 1)];
    });
    return Object.fromEntries(members);
  }
  if (shape.isListSchema()) return [filled(shape.getValueSchema(), secret, depth + 1)];
  if (shape.isMapSchema()) return { key: filled(shape.getValueSchema(), secret, depth + 1) };
  if (shape.isBlobSchema()) return new Uint8Array(Buffer.from(secret ? SECRET : 'public'));
  if (shape.isTimestampSchema()) return new Date(0);
  if (shape.isStringSchema()) return secret ? SECRET : 'public';
  return 1;
};

describe('what CloudTrail shows of a call', () => {
  it('never holds a secret, whatever the operation', () => {
    let swept = 0;
    let withSecrets = 0;
    for (const { operations } of APIS) {
      for (const { input, output } of operations.values()) {
        for (const schema of [input, output]) {
          const value = filled(schema);
          const { members, secrets } = hideSecrets(value);
          const text = JSON.stringify(members);
          expect(text).not.toContain(SECRET);
          // Bytes could be written as numbers, too.
          expect(text).not.toContain([...Buffer.from(SECRET)].slice(0, 4).join(','));
          swept += 1;
          if (secrets.length > 0) withSecrets += 1;
        }
      }
    }
    expect(swept).toBeGreaterThan(150);
    expect(withSecrets).toBeGreaterThan(8);
  });

  it('never holds a secret, at whatever depth', () => {
    const name = fc.constantFrom(...SECRET_NAMES);
    const leaf = fc.oneof(fc.constant(SECRET), fc.constant([SECRET]), fc.constant({ Inner: SECRET }));
    const secret = fc.tuple(name, leaf).map(([key, value]) => ({ [key]: value, Public: 'shown' }));
    const deeper = fc.integer({ min: 0, max: 5 });
    fc.assert(
      fc.property(secret, deeper, fc.boolean(), (value, depth, inLists) => {
        let nested: unknown = value;
        for (let level = 0; level < depth; level += 1) nested = { Member: inLists ? [nested] : nested };
        const { members, secrets } = hideSecrets(nested);
        expect(JSON.stringify(members)).not.toContain(SECRET);
        expect(JSON.stringify(members)).toContain('shown');
        expect(secrets).toEqual([SECRET]);
      }),
    );
  });

  it('says of a token and of passwords that they were there, and nothing of a secret’s value', () => {
    const input = { AuthToken: SECRET, Passwords: [SECRET], SecretString: SECRET, AZMode: 'single-az', KeepIt: true };
    expect(hideSecrets(input).members).toEqual({
      authToken: HIDDEN,
      passwords: HIDDEN,
      aZMode: 'single-az',
      keepIt: true,
    });
  });

  it.each(['>', '<', '#', '!'])('has no access string with a password in it (%s)', (sign) => {
    const { members, secrets } = hideSecrets({ AccessString: `on (${sign}${SECRET} ~*)` });
    expect(members).toEqual({ accessString: HIDDEN });
    expect(secrets).toEqual([`${sign}${SECRET}`]);
  });

  it('has every other access string', () => {
    const AccessString = 'on ~app:* +@read -@dangerous';
    expect(hideSecrets({ AccessString }).members).toEqual({ accessString: AccessString });
  });
});

describe('a message', () => {
  it('never repeats a secret of its call', () => {
    const texts = fc.array(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(texts, fc.string(), fc.string(), (secrets, before, after) => {
        const message = withoutSecrets(`${before}${secrets.join(' and ')}${after}`, secrets);
        for (const secret of secrets) expect(message.replaceAll(HIDDEN, '\n')).not.toContain(secret);
      }),
    );
  });
});
