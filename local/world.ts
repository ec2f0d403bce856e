import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createIdentities } from './authorization/identities.ts';
import { type Clock, startClock } from './clock.ts';
import { createFaults } from './faults.ts';
import { startApiServer } from './protocol/server.ts';
import type { AnsweredCall, Permission, Principal, Role, RoleStore, Service, World } from './service.ts';
import { createMetricStore } from './services/monitoring/metric-store.ts';

export interface WorldOptions {
  /** Twelve digits. */
  readonly accountId: string;
  /** Where this run keeps its files; logs go to `<folder>/logs`. */
  readonly folder: string;
  readonly certificateAuthority: World['certificateAuthority'];
  readonly clock?: Clock;
  /** Makes the authorizer once roles can be looked up. @see createAuthorizer */
  readonly authorizer: (world: Pick<World, 'accountId' | 'roles' | 'clock'>) => {
    authorize(principal: Principal, permission: Permission, region: string): Promise<void>;
  };
}

export interface RunningWorld extends World {
  /** Puts a service's API on the server. */
  serve(service: Service): void;
  close(): Promise<void>;
}

/** The principal of whoever sits at the keyboard. */
export const operatorOf = (accountId: string): Principal => ({
  kind: 'user',
  arn: `arn:aws:iam::${accountId}:user/operator`,
});

const createRoleStore = (): RoleStore => {
  const roles = new Map<string, Role>();
  return { put: (role) => void roles.set(role.arn, role), get: (arn) => roles.get(arn) };
};

/** An account with nothing in it yet: a clock, an API server, identities, logs. Services are added with `serve`. */
export const startWorld = async (options: WorldOptions): Promise<RunningWorld> => {
  const { accountId, folder, certificateAuthority, clock = startClock() } = options;
  const logFolder = path.join(folder, 'logs');
  mkdirSync(logFolder, { recursive: true });
  const log = (name: string, line: string) => {
    const file = path.join(logFolder, `${name}.log`);
    mkdirSync(path.dirname(file), { recursive: true });
    appendFileSync(file, `${clock.iso()} ${line}\n`);
  };

  const identities = createIdentities();
  const faults = createFaults();
  const roles = createRoleStore();
  const { authorize } = options.authorizer({ accountId, roles, clock });
  const observers = new Set<(answered: AnsweredCall) => void>();
  const server = await startApiServer({
    identities,
    faults,
    clock,
    authorize,
    log: (line) => log('api', line),
    answered: (call) => {
      for (const observer of observers) observer(call);
    },
  });

  const environmentFor: World['environmentFor'] = (principal, region) => {
    const { accessKeyId, secretAccessKey, sessionToken } = identities.credentialsFor(principal);
    return {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      ...(sessionToken ? { AWS_SESSION_TOKEN: sessionToken } : {}),
    };
  };

  const clients = new Map<object, Map<string, unknown>>();
  const client: World['client'] = (Client, principal, region) => {
    const known = clients.get(Client) ?? new Map<string, unknown>();
    clients.set(Client, known);
    const key = `${region} ${JSON.stringify(principal)}`;
    if (!known.has(key)) {
      // One attempt: whoever calls (a state machine, a rule) has its own retries, as on AWS.
      const settings = { region, endpoint: server.endpoint, maxAttempts: 1 };
      known.set(key, new Client({ ...settings, credentials: identities.credentialsFor(principal) } as never));
    }
    return known.get(key) as InstanceType<typeof Client>;
  };

  const close = async () => {
    for (const known of clients.values()) for (const made of known.values()) (made as { destroy(): void }).destroy();
    await server.close();
  };

  const { serve, endpoint } = server;
  return {
    accountId,
    clock,
    faults,
    folder,
    log,
    endpoint,
    environmentFor,
    client,
    certificateAuthority,
    authorize,
    observeCalls: (observer) => void observers.add(observer),
    roles,
    metrics: createMetricStore(clock.now),
    serve,
    close,
  };
};
