import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { tokenIn, tokenSecretText, userIn } from '../../functions/platform/secret-format.ts';

const DOCS = path.join(import.meta.dirname, '../../docs');
const text = readFileSync(path.join(DOCS, 'applications.md'), 'utf8');
const [tokenSecret, userSecret] = [...text.matchAll(/```json\n(.*?)```/gs)].map(([, json = '']): object =>
  JSON.parse(json),
);
const PASSWORD = 'a-password-of-many-letters';

describe('docs/applications.md', () => {
  it('shows the fields of a token’s secret as the autopilot writes them', () => {
    const endpoint = { host: 'clustercfg.orders', port: 6379 };
    const written = JSON.parse(tokenSecretText({ engine: 'redis', cacheId: 'orders', authToken: PASSWORD, endpoint }));
    const typesOf = (secret: object = {}) =>
      Object.fromEntries(Object.entries(secret).map(([field, value]) => [field, typeof value]));
    expect(typesOf(tokenSecret)).toEqual(typesOf(written));
  });

  it('shows secrets that the autopilot can read, once there is a password in them', () => {
    const token = JSON.stringify({ ...tokenSecret, password: PASSWORD, authToken: PASSWORD });
    expect(tokenIn(token, 'the token')).toBe(PASSWORD);
    const user = JSON.stringify({ ...userSecret, password: PASSWORD });
    expect(userIn(user, 'the user')).toEqual({ username: 'shop', password: PASSWORD });
  });

  it('links examples that are there', () => {
    const links = [...text.matchAll(/\]\((examples\/[^)]+)\)/g)].map(([, link = '']) => link);
    expect(links).toHaveLength(3);
    for (const link of links) expect(existsSync(path.join(DOCS, link)), link).toBe(true);
  });
});
