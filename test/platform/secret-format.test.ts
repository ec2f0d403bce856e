import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FixSecret } from '../../functions/platform/operator-actions.ts';
import {
  endpointOf,
  tokenIn,
  tokenSecretText,
  userIn,
  withNewPassword,
  withNewToken,
} from '../../functions/platform/secret-format.ts';
import { aCache } from '../builders/an-observation.ts';

const SECRET = 'autopilot/orders/auth-token';
const ENDPOINT = { host: 'master.orders.example.com', port: 6379 };
const TOKEN = 'a1!&#$^<>-a1b2c3';

const characters = [...'ABCXYZabcxyz0189!&#$^<>-'];
const tokens = fc.string({ unit: fc.constantFrom(...characters), minLength: 16, maxLength: 128 });
const passwords = fc.string({ minLength: 16, maxLength: 128 });
const endpoints = fc.option(fc.record({ host: fc.domain(), port: fc.integer({ min: 1, max: 65535 }) }), {
  nil: undefined,
});
const OURS = ['username', 'authToken', 'password', 'host', 'port'];
/** What somebody else keeps beside the token, under any name that is not ours. */
const others = fc
  .dictionary(fc.string(), fc.jsonValue(), { maxKeys: 6 })
  .map((fields) => Object.fromEntries(Object.entries(fields).filter(([name]) => !OURS.includes(name))));

/** As another reader of the text sees it. */
const read = (text: string): Record<string, unknown> => JSON.parse(text);
const withoutOurs = (text: string) => Object.entries(read(text)).filter(([name]) => !OURS.includes(name));

/** The sentence with which it was refused. */
const refusalOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof FixSecret) return error.message;
    throw error;
  }
  return 'It was not refused.';
};

describe('the secret for a new token', () => {
  it('names the endpoint, the user and the token, in the words of AWS’s own secrets', () => {
    const text = tokenSecretText({ engine: 'valkey', cacheId: 'orders', authToken: TOKEN, endpoint: ENDPOINT });
    expect(text).toBe(
      `{"engine":"valkey","host":"master.orders.example.com","port":6379,"username":"default","password":"${TOKEN}","authToken":"${TOKEN}","cacheId":"orders","tls":true}`,
    );
  });

  it('says nothing of an endpoint that is not there yet', () => {
    const text = tokenSecretText({ engine: 'redis', cacheId: 'orders', authToken: TOKEN });
    expect(Object.keys(read(text))).toEqual(['engine', 'username', 'password', 'authToken', 'cacheId', 'tls']);
  });

  it('gives back its token, whatever it is', () => {
    fc.assert(
      fc.property(tokens, endpoints, (authToken, endpoint) => {
        const text = tokenSecretText({ engine: 'redis', cacheId: 'orders', authToken, endpoint });
        expect(tokenIn(text, SECRET)).toBe(authToken);
      }),
    );
  });
});

describe('the token in a secret', () => {
  it.each([
    [
      'what earlier versions wrote',
      { engine: 'redis', cacheId: 'orders', username: 'default', tls: true },
      'authToken',
    ],
    ['AWS’s own form', { username: 'default' }, 'password'],
    ['a bare token', {}, 'authToken'],
    ['other people’s fields', { engine: 'memcached', cacheId: 7, tls: 'yes', notes: ['x'] }, 'password'],
  ])('is read from %s', (_what, fields, name) => {
    expect(tokenIn(JSON.stringify({ ...fields, [name]: TOKEN }), SECRET)).toBe(TOKEN);
  });

  it.each([
    ['no JSON', 'hello'],
    ['no object', '["hello"]'],
    ['nothing', '{}'],
    ['a token too short', JSON.stringify({ authToken: TOKEN.slice(1) })],
    ['a token too long', JSON.stringify({ password: TOKEN.repeat(9) })],
    ['a character that AWS refuses', JSON.stringify({ authToken: `@${TOKEN}` })],
    ['two tokens that differ', JSON.stringify({ authToken: TOKEN, password: `${TOKEN}x` })],
    ['a token beside something that is none', JSON.stringify({ authToken: TOKEN, password: null })],
    ['another user’s password', JSON.stringify({ username: 'app', password: TOKEN })],
  ])('is refused when there is %s', (_what, text) => {
    expect(refusalOf(() => tokenIn(text, SECRET))).toContain(`The secret ${SECRET} does not hold`);
    expect(refusalOf(() => withNewToken(text, SECRET, { token: TOKEN }))).toContain('does not hold');
  });

  it('is never repeated by an error, nor is anything else of the document', () => {
    // Words that no sentence of ours has, and that are no tokens.
    const words = fc.string({ unit: fc.constantFrom(...'QZ0189@/é"'), maxLength: 40 }).map((word) => `@Q${word}`);
    const documents = fc.oneof(
      words.map((word) => [word, [word]] as const),
      fc
        .record({ authToken: words, password: words, username: words, extra: words }, { requiredKeys: [] })
        .map((fields) => [JSON.stringify(fields), Object.values(fields)] as const),
    );
    fc.assert(
      fc.property(documents, ([text, values]) => {
        for (const said of [
          refusalOf(() => tokenIn(text, SECRET)),
          refusalOf(() => withNewToken(text, SECRET, { token: TOKEN, endpoint: ENDPOINT })),
        ]) {
          expect(said).toContain('does not hold');
          for (const value of [text, ...values].filter((value) => value !== '{}')) expect(said).not.toContain(value);
        }
      }),
    );
  });
});

describe('the text with the next token', () => {
  it('holds the new token under both names, and where the cache is', () => {
    fc.assert(
      fc.property(others, tokens, tokens, endpoints, fc.boolean(), (fields, old, token, endpoint, byAws) => {
        const text = JSON.stringify({ ...fields, [byAws ? 'password' : 'authToken']: old });
        const next = withNewToken(text, SECRET, { token, endpoint });
        expect(tokenIn(next, SECRET)).toBe(token);
        expect(read(next)).toMatchObject({ authToken: token, password: token, ...endpoint });
        if (!endpoint) expect(read(next)).not.toHaveProperty('host');
      }),
    );
  });

  it('keeps what other people wrote there', () => {
    fc.assert(
      fc.property(others, tokens, tokens, endpoints, (fields, old, token, endpoint) => {
        const text = JSON.stringify({ ...fields, authToken: old });
        expect(withoutOurs(withNewToken(text, SECRET, { token, endpoint }))).toEqual(withoutOurs(text));
      }),
    );
  });

  it('keeps the endpoint that is there when no other is known', () => {
    const text = tokenSecretText({ engine: 'redis', cacheId: 'orders', authToken: TOKEN, endpoint: ENDPOINT });
    expect(read(withNewToken(text, SECRET, { token: `${TOKEN}x` }))).toMatchObject(ENDPOINT);
    expect(withNewToken(text, SECRET, { token: TOKEN, endpoint: ENDPOINT })).toBe(text);
  });
});

describe('a user’s secret', () => {
  const user_arn = 'arn:aws:elasticache:eu-central-1:111122223333:user:app';

  it('gets its next password and the endpoint, and keeps the rest', () => {
    fc.assert(
      fc.property(others, passwords, passwords, endpoints, (fields, old, password, endpoint) => {
        const text = JSON.stringify({ ...fields, user_arn, username: 'app', password: old });
        const next = withNewPassword(text, SECRET, { password, endpoint });
        expect(userIn(next, SECRET)).toEqual({ username: 'app', password });
        expect(read(next)).toMatchObject({ user_arn, ...endpoint });
        expect(read(next)).not.toHaveProperty('authToken');
        expect(withoutOurs(next)).toEqual(withoutOurs(text));
      }),
    );
  });

  it.each([
    ['no JSON', 'hello-Q1'],
    ['no name', JSON.stringify({ password: 'Q1'.repeat(8) })],
    ['an empty name', JSON.stringify({ username: '', password: 'Q1'.repeat(8) })],
    ['a password too short', JSON.stringify({ username: 'Q1', password: 'Q1' })],
  ])('is refused, without repeating it, when there is %s', (_what, text) => {
    for (const said of [
      refusalOf(() => userIn(text, SECRET)),
      refusalOf(() => withNewPassword(text, SECRET, { password: TOKEN })),
    ]) {
      expect(said).toContain(`The secret ${SECRET} does not hold a user`);
      expect(said).not.toContain('Q1');
    }
  });
});

describe('where the clients of a cache connect', () => {
  const configuration = { host: 'clustercfg.orders.example.com', port: 6379 };
  const reader = { host: 'replica.orders.example.com', port: 6379 };

  it.each([
    [true, { configuration }, configuration],
    [false, { primary: ENDPOINT, reader }, ENDPOINT],
    [true, {}, undefined],
    [false, { reader }, undefined],
  ])('with cluster mode %s', (clusterMode, found, expected) => {
    expect(endpointOf(aCache({ clusterMode, endpoints: found }))).toEqual(expected);
  });
});
