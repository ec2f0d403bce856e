import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startClock } from '../../local/clock.ts';
import type { Permission, Principal, Service, World } from '../../local/service.ts';
import { operatorOf, type RunningWorld, startWorld } from '../../local/world.ts';

export const ACCOUNT_ID = '111122223333';
export const operator = operatorOf(ACCOUNT_ID);

export interface AWorldOptions {
  /** The services under test; each is served, started, and stopped by `close`. */
  readonly services?: readonly ((world: World) => Service)[];
  /** Account seconds per real second. */
  readonly speed?: number;
  /** Left out: everything is allowed, and each permission that was asked for is noted in `asked`. */
  readonly authorize?: (principal: Principal, permission: Permission, region: string) => Promise<void>;
}

export interface AWorld extends RunningWorld {
  /** What IAM was asked, in order: so a test can see which action and resource an operation needs. */
  readonly asked: readonly { readonly principal: Principal; readonly permission: Permission }[];
  /** A client acting as the operator. */
  operatorClient: <C>(Client: new (config: never) => C, region?: string) => C;
}

/** A bare account for tests of single services, over the real wire protocol, on a free port. */
export const aWorld = async ({ services = [], speed = 1, authorize }: AWorldOptions = {}): Promise<AWorld> => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'autopilot-world-'));
  const asked: { principal: Principal; permission: Permission }[] = [];
  const world = await startWorld({
    accountId: ACCOUNT_ID,
    folder,
    clock: startClock(speed),
    certificateAuthority: { certPem: '', certFile: '' },
    authorizer: () => ({
      async authorize(principal, permission, region) {
        asked.push({ principal, permission });
        await authorize?.(principal, permission, region);
      },
    }),
  });
  const running = services.map((create) => create(world));
  for (const service of running) world.serve(service);
  for (const service of running) await service.start?.();

  return {
    ...world,
    asked,
    operatorClient: (Client, region = 'us-east-1') => world.client(Client, operator, region),
    async close() {
      for (const service of [...running].reverse()) await service.stop?.();
      await world.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
