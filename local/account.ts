import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { readCloudAssembly } from './assembly/cloud-assembly.ts';
import { type DeployedStack, deploy, refuseUnknownTypes } from './assembly/deploy.ts';
import { createAuthorizer } from './authorization/authorizer.ts';
import { startClock } from './clock.ts';
import { createCertificates } from './engine/certificates.ts';
import { createEngine } from './engine/engine.ts';
import { findEngine } from './engine/find-engine.ts';
import { endLeftovers } from './engine/leftovers.ts';
import type { Engine } from './engine/types.ts';
import type { ResourceBuilder, Service } from './service.ts';
import { createServices } from './services/index.ts';
import { operatorOf, type RunningWorld, startWorld } from './world.ts';

export interface AccountOptions {
  /** The cloud assembly to run: `cdk.out`. */
  readonly assembly: string;
  /** The run's own folder; made when it is not there. Logs are in `<folder>/logs`. */
  readonly folder: string;
  /** Account seconds per real second; 30 makes a service's minute two seconds. */
  readonly speed?: number;
  /** One sentence for each thing that takes a moment. */
  readonly progress?: (line: string) => void;
}

/** A running local account. */
export interface Account {
  readonly world: RunningWorld;
  readonly engine: Engine;
  readonly stacks: readonly DeployedStack[];
  /** Regions in which the system is deployed, home first. */
  readonly regions: readonly [string, ...string[]];
  readonly operator: ReturnType<typeof operatorOf>;
  /** A service with its own handle, for faults and ground truth in tests: `account.service<LambdaService>('lambda')`. */
  service<S extends Service>(name: string): S;
  /** Ends everything: no process, timer or socket is left. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Boots an AWS account on this machine from a cloud assembly.
 *
 * @throws Error with a sentence when there is no assembly, no engine can be had, or a resource cannot be made;
 *         what was started by then is stopped again
 */
export const startAccount = async (options: AccountOptions): Promise<Account> => {
  const { assembly, folder, speed = 1, progress = () => {} } = options;
  mkdirSync(folder, { recursive: true });
  const stacks = readCloudAssembly(assembly);
  const [first] = stacks;
  if (!first) throw new Error(`The cloud assembly in ${assembly} has no stack.`);
  const { accountId } = first;

  const ended = await endLeftovers();
  if (ended > 0) progress(`ended ${ended} processes that a crashed run had left behind`);
  const binary = await findEngine({ progress });
  const certificates = await createCertificates(path.join(folder, 'certificates'));
  const logFolder = path.join(folder, 'logs', 'nodes');
  const engine = createEngine({ binary, folder: path.join(folder, 'nodes'), logFolder, certificates });
  const world = await startWorld({
    accountId,
    folder,
    clock: startClock(speed),
    certificateAuthority: { certPem: certificates.caPem, certFile: certificates.caFile },
    authorizer: createAuthorizer,
  });
  const services = createServices(world, engine);

  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= (async () => {
      const failures: unknown[] = [];
      const attempt = async (step: () => Promise<void> | void | undefined) => {
        try {
          await step();
        } catch (error) {
          failures.push(error);
        }
      };
      for (const service of [...services].reverse()) await attempt(() => service.stop?.());
      await attempt(() => engine.stop());
      await attempt(() => world.close());
      if (failures.length > 0) throw new AggregateError(failures, 'The local account did not stop cleanly');
    })();
    return stopping;
  };

  try {
    for (const service of services) world.serve(service);
    const builders: Record<string, ResourceBuilder> = Object.assign({}, ...services.map(({ resources }) => resources));
    refuseUnknownTypes(stacks, builders);
    const deployed: DeployedStack[] = [];
    for (const stack of stacks) {
      deployed.push(await deploy(stack, builders));
      progress(`deployed ${stack.name} in ${stack.region}: ${Object.keys(stack.template.Resources).length} resources`);
    }
    for (const service of services) await service.start?.();

    return {
      world,
      engine,
      stacks: deployed,
      regions: [first.region, ...stacks.slice(1).map(({ region }) => region)],
      operator: operatorOf(accountId),
      service<S extends Service>(name: string) {
        const found = services.find((service) => service.name === name);
        if (!found) throw new Error(`The local account has no service ${name}`);
        return found as S;
      },
      stop,
    };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
};
