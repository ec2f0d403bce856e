import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheRequested } from '../../events/cache-requested.ts';
import { LEFT_OUT, literalSecretsIn, withoutLiteralSecrets } from '../../functions/creation/literal-secrets.ts';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import { startCreation } from '../../functions/creation/start-creation.ts';
import { aSpec } from '../builders/a-spec.ts';
import { anObservation } from '../builders/an-observation.ts';
import { termsToAct } from '../builders/terms.ts';

const SECRET = 'SuperSecretLiteralToken1234';
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
