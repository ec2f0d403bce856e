import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheRequested } from '../../events/cache-requested.ts';
import { LEFT_OUT, literalSecretsIn, withoutLiteralSecrets } from '../../functions/creation/literal-secrets.ts';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import { startCreation } from '../../functions/creation/start-creation.ts';
import { FAMILIES, parametersOf } from '../../local/services/elasticache/parameter-families.ts';
import { aSpec } from '../builders/a-spec.ts';
import { anObservation } from '../builders/an-observation.ts';
import { termsToAct } from '../builders/terms.ts';

const SECRET = 'SuperSecretLiteralToken1234';
/** Where somebody who comes from redis.conf, or guesses, writes one; and where it is. */
const NESTED: [string, Record<string, unknown>][] = [
  ['parameters.requirepass', { parameters: { requirepass: SECRET } }],
  ['parameters.masterauth', { parameters: { masterauth: SECRET } }],
  ['auth.token', { auth: { token: SECRET } }],
  ['users.1.password', { users: [{ name: 'a' }, { name: 'b', password: SECRET }] }],
  ['users.0.passwords.0', { users: [{ passwords: [SECRET] }] }],
  ['userSecretName.password', { userGroupIds: ['shop'], userSecretName: { username: 'a', password: SECRET } }],
  ['tags.db-password', { tags: { 'db-password': SECRET } }],
  ['tags.adminPassword', { tags: { adminPassword: SECRET } }],
  ['logDeliveryConfigurations.0.auth.pwd', { logDeliveryConfigurations: [{ auth: { pwd: SECRET } }] }],
];
const FIELDS = ['authToken', 'AuthToken', 'auth_token', 'authTokn', 'password', 'Passwords', 'secret', 'token'];

describe('a secret that somebody wrote into a specification', () => {
  it.each(FIELDS)('in %s is in no plan, and the plan refuses', (field) => {
    for (const value of [SECRET, [SECRET], { generate: true, value: SECRET }]) {
      const plan = planCreation({ ...aSpec(), [field]: value }, anObservation(), termsToAct());
      expect(plan.action).toBe('refuse');
      expect(JSON.stringify(plan)).not.toContain(SECRET);
    }
  });

  it.each(FIELDS)('in %s is not handed to an execution by an event', async (field) => {
    const event = cacheRequested.schema.parse({
      ...cacheRequested.sample,
      detail: { spec: { ...aSpec(), [field]: SECRET }, requestedBy: 'ci' },
    });
    const inputs: unknown[] = [];
    await startCreation(event, async (_name, input) => {
      inputs.push(input);
      return true;
    });
    expect(JSON.stringify(inputs)).toContain(LEFT_OUT);
    expect(JSON.stringify(inputs)).not.toContain(SECRET);
  });

  it.each(NESTED)('at %s is told by that path, and is in no plan, which refuses', (path, more) => {
    const spec = { ...aSpec(), ...more };
    expect(literalSecretsIn(spec)).toEqual([path]);
    expect(JSON.stringify(withoutLiteralSecrets(spec))).not.toContain(SECRET);
    // Once before the workflow, and once more in its plan.
    for (const given of [spec, withoutLiteralSecrets(spec)]) {
      const plan = planCreation(given, anObservation(), termsToAct());
      expect(plan).toMatchObject({ action: 'refuse', reason: 'InvalidSpec' });
      expect(JSON.stringify(plan)).not.toContain(SECRET);
    }
  });

  it.each(['parameters', 'tags'])('is called so in %s, which take any text', (field) => {
    const { faults } = planCreation({ ...aSpec(), [field]: { 'db-password': SECRET } }, anObservation(), termsToAct());
    const path = `${field}.db-password`;
    expect(faults).toContainEqual(expect.objectContaining({ path, rule: 'A specification holds no secrets.' }));
  });

  it('is left out also where it is a number', () => {
    expect(withoutLiteralSecrets({ password: 123_456_789 })).toEqual({ password: LEFT_OUT });
  });

  it.each([
    { apiCredentials: SECRET },
    { credentials: { key: SECRET } },
    { parameters: { 'requiring-pass': SECRET } },
    { logDeliveryConfigurations: [{ logType: 'slow-log', key: SECRET }] },
    { userSecretName: { key: SECRET } },
    { userSecretName: [{ key: SECRET }] },
  ])('is in no fault either where no name tells it: %j', (more) => {
    const { action, faults } = planCreation({ ...aSpec(), ...more }, anObservation(), termsToAct());
    expect(action).toBe('refuse');
    expect(JSON.stringify(faults)).not.toContain(SECRET);
  });

  it('is seen in no parameter that ElastiCache has', () => {
    for (const family of FAMILIES) {
      const parameters = Object.fromEntries([...parametersOf(family).keys()].map((name) => [name, 'a text']));
      expect(Object.keys(parameters).length).toBeGreaterThan(20);
      expect(literalSecretsIn({ parameters })).toEqual([]);
    }
  });

  it('does not hide in what is endlessly deep', () => {
    const endless: Record<string, unknown> = { key: SECRET };
    endless.more = [endless];
    expect(JSON.stringify(withoutLiteralSecrets({ endless }))).toContain(LEFT_OUT);
  });

  it('is named by its field, and by nothing else', () => {
    expect(literalSecretsIn({ ...aSpec(), authToken: SECRET })).toEqual(['authToken']);
  });

  it('is not seen where there is none: a good specification stays as it is, its tags included', () => {
    const good = { ...aSpec(), tags: { token: 'of the shop', Owner: 'shop' } };
    expect(withoutLiteralSecrets(good)).toEqual(good);
    expect(literalSecretsIn(good)).toEqual([]);
  });

  it('is looked for in whatever comes', () => {
    fc.assert(fc.property(fc.anything(), (given) => void withoutLiteralSecrets(given)));
  });
});
