import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cache, openCache } from '../../docs/examples/reload/node-ioredis.ts';
import { tokenSecretName } from '../../functions/platform/names.ts';
import type { Service } from '../../local/service.ts';
import type { ElastiCacheHandle } from '../../local/services/elasticache/elasticache.ts';
import { anAccount, HOME_REGION, type JourneyAccount } from './an-account.ts';
import { changeToken, publishToken } from './rotate-by-hand.ts';
import { aClusterSpec } from './spec-builders.ts';

const CACHE = 'orders';
const EXAMPLES = path.join(import.meta.dirname, '../../docs/examples/reload');
const tokenOf = (index: number) => `the-token-number-${index}-of-many-letters`;

let account: JourneyAccount;
let newest = 0;
beforeAll(async () => {
  account = await anAccount();
  const run = await account.run(
    'create-cache',
    { spec: aClusterSpec({ cacheId: CACHE }), requestedBy: 'alice', mode: 'act' },
    'make-orders',
  );
  expect(run.output, JSON.stringify(run)).toMatchObject({ outcome: 'done' });
  await bringIn();
  await retire();
});
afterAll(() => account?.stop());

const cutOffInNextChange = () =>
  account.service<Service & ElastiCacheHandle>('elasticache').dropConnectionsInNextTokenChange();
/** Both tokens are valid after it, and the secret holds the new one. */
const bringIn = async () => {
  newest += 1;
  await changeToken(account, CACHE, tokenOf(newest), 'ROTATE');
  await publishToken(account, CACHE, tokenOf(newest));
};
/** Only the new one is valid after it. */
const retire = () => changeToken(account, CACHE, tokenOf(newest), 'SET');
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** An application that an example is about: it writes a value and reads it back. */
interface Application {
  /** @throws Error with what the application said, when it could not */
  work(): Promise<void>;
  end(): Promise<void>;
}

const ROUNDS = 5;
const workSomeTime = async (application: Application) => {
  for (let round = 0; round < ROUNDS; round += 1) {
    await application.work();
    await wait(50);
  }
};

const stories = (open: (readEveryMs: number) => Promise<Application>) => {
  it('reads the new token in time, and is at home with it when the old one is gone and its connections are, too', async () => {
    const application = await open(300);
    try {
      await workSomeTime(application);
      await bringIn();
      await workSomeTime(application);
      await wait(600);
      await workSomeTime(application);
      cutOffInNextChange();
      await retire();
      await wait(500);
      await workSomeTime(application);
    } finally {
      await application.end();
    }
  });

  it('asks again, once, when it is refused because it has kept the old token for too long', async () => {
    const application = await open(3_600_000);
    try {
      await workSomeTime(application);
      await bringIn();
      await workSomeTime(application);
      await wait(5000);
      cutOffInNextChange();
      await retire();
      await wait(500);
      await workSomeTime(application);
    } finally {
      await application.end();
    }
  });
};

describe('the example for Node.js', () => {
  const open = async (readEveryMs: number): Promise<Application> => {
    const cache: Cache = await openCache(tokenSecretName(CACHE), {
      secrets: account.as(SecretsManagerClient),
      readEveryMs,
      tls: { ca: readFileSync(account.world.certificateAuthority.certFile) },
    });
    let round = 0;
    return {
      async work() {
        round += 1;
        const key = `example:${round}`;
        await cache.use((redis) => redis.set(key, `value ${round}`));
        expect(await cache.use((redis) => redis.get(key))).toBe(`value ${round}`);
      },
      end: () => cache.close(),
    };
  };
  stories(open);
});

const python = (...args: readonly string[]) => spawnSync('python3', [...args], { encoding: 'utf8' });
const hasPython = python('--version').status === 0;
const hasClients = hasPython && python('-c', 'import redis, boto3').status === 0;

describe('the example for Python', () => {
  it.skipIf(!hasPython)('is Python (skipped where there is none)', () => {
    const file = path.join(EXAMPLES, 'python_redis.py');
    const checked = python('-c', 'import ast, sys; ast.parse(open(sys.argv[1]).read())', file);
    expect(checked.stderr).toBe('');
    expect(checked.status).toBe(0);
  });

  const APPLICATION = `
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from python_redis import SecretCredentials, open_cache, with_fresh_token
credentials = SecretCredentials(sys.argv[2], keep_seconds=float(sys.argv[3]))
cache = open_cache(credentials, ssl_ca_certs=sys.argv[4], decode_responses=True)
for line in sys.stdin:
    try:
        with_fresh_token(credentials, lambda: cache.set("example:python", line))
        read = with_fresh_token(credentials, lambda: cache.get("example:python"))
        print("done" if read == line else "another value", flush=True)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", flush=True)
`;

  describe.skipIf(!hasClients)('run for real (skipped where redis or boto3 is not installed)', () => {
    const open = async (readEveryMs: number): Promise<Application> => {
      const child: ChildProcess = spawn(
        'python3',
        [
          ...['-c', APPLICATION, EXAMPLES, tokenSecretName(CACHE), String(readEveryMs / 1000)],
          account.world.certificateAuthority.certFile,
        ],
        {
          env: { ...process.env, ...account.world.environmentFor(account.operator, HOME_REGION) },
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      );
      const { stdin, stdout } = child;
      if (!stdin || !stdout) throw new Error('Python has no pipes');
      const answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
      let round = 0;
      return {
        async work() {
          round += 1;
          stdin.write(`value ${round}\n`);
          expect((await answers.next()).value).toBe('done');
        },
        async end() {
          stdin.end();
          if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
        },
      };
    };
    stories(open);
  });
});
