import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import type { Credentials } from '../../cli/demo/clients/link.ts';
import { cachedFor, fetchFrom, keptUntilTold } from '../../cli/demo/clients/token-source.ts';
import { aClientOf } from '../builders/a-client-of.ts';

/** Gives out a token with each fetch: `token-1`, `token-2`; or throws. */
const aSecret = () => {
  const secret = { fetches: 0, isDown: false };
  const fetch = async (): Promise<Credentials> => {
    if (secret.isDown) throw new Error('Secrets Manager is down');
    secret.fetches += 1;
    return { password: `token-${secret.fetches}` };
  };
  return { secret, fetch };
};

describe('a token that is kept for a time', () => {
  const aCached = () => {
    const time = { now: 0 };
    const { secret, fetch } = aSecret();
    return { time, secret, source: cachedFor(500, fetch, () => time.now) };
  };

  it('is fetched again when its time is over, and never before', async () => {
    for (let now = 0; now < 2000; now += 50) {
      const { time, source } = aCached();
      await source.get();
      time.now = now;
      expect((await source.get()).password, `after ${now} ms`).toBe(now < 500 ? 'token-1' : 'token-2');
    }
  });

  it('is fetched again at once when it was refused, and kept from then', async () => {
    const { time, source } = aCached();
    await source.get();
    time.now = 400;
    expect(await source.fetchAgain()).toEqual({ password: 'token-2' });
    time.now = 899;
    expect(await source.get()).toEqual({ password: 'token-2' });
  });

  it('stays in use while it cannot be fetched, except when there is none yet', async () => {
    const { time, secret, source } = aCached();
    secret.isDown = true;
    await expect(source.get()).rejects.toThrow('Secrets Manager is down');
    secret.isDown = false;
    await source.get();
    secret.isDown = true;
    time.now = 10_000;
    expect(await source.get()).toEqual({ password: 'token-1' });
    await expect(source.fetchAgain()).rejects.toThrow('Secrets Manager is down');
  });
});

describe('a token that is kept until somebody says so', () => {
  it('is not fetched again even when it is refused, and is when it is told', async () => {
    const { secret, fetch } = aSecret();
    const source = keptUntilTold(fetch);
    for (let times = 0; times < 5; times += 1) {
      expect(await source.get()).toEqual({ password: 'token-1' });
      expect(await source.fetchAgain()).toEqual({ password: 'token-1' });
    }
    expect(secret.fetches).toBe(1);
    source.tell();
    expect(await source.get()).toEqual({ password: 'token-2' });
  });
});

describe('the secret', () => {
  const read = async (content: object) => {
    const { client } = aClientOf(SecretsManagerClient, {
      GetSecretValue: ({ SecretId }) => ({ SecretString: SecretId === 'ours' ? JSON.stringify(content) : undefined }),
    });
    return fetchFrom(client, 'ours')();
  };

  it('may have more fields than we know, and names its token by either name', async () => {
    expect(await read({ username: 'default', password: 'one', more: [1] })).toEqual({ password: 'one' });
    expect(await read({ authToken: 'two' })).toEqual({ password: 'two' });
    const user = { username: 'shop', password: 'three' };
    expect(await read(user)).toEqual(user);
  });

  it('without a token is refused', async () => {
    for (const content of [{}, { username: 'default' }, { password: '' }]) {
      await expect(read(content)).rejects.toThrow('no password');
    }
  });
});
