import { randomUUID } from 'node:crypto';
import { ServiceError, type World } from '../../service.ts';
import { InvalidDefinition, readDefinition } from '../../states/check/check-definition.ts';
import type { Definition } from '../../states/definition.ts';
import type { Integrations } from '../../states/integration.ts';
import { checkArguments, loadClientsFor, resourcesIn } from './integrations/integrations.ts';
import { checkLoggingPermissions, checkManagedRulePermissions, checkTrust, type RoleOfMachine } from './role-checks.ts';

/** What a state machine is made from. */
export interface StateMachineSpec {
  readonly name: string;
  readonly region: string;
  readonly roleArn: string;
  /** The definition's text, substitutions done. */
  readonly text: string;
  readonly tracing: boolean;
  readonly logging: Logging;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Logging {
  readonly level: 'ALL' | 'ERROR' | 'FATAL' | 'OFF';
  readonly includeExecutionData: boolean;
  readonly logGroupArns: readonly string[];
}

export interface StateMachine extends StateMachineSpec {
  readonly arn: string;
  readonly definition: Definition;
  readonly createdAt: Date;
  readonly revisionId: string;
}

export interface StateMachines {
  /** @throws ServiceError InvalidName, InvalidDefinition, AccessDeniedException, StateMachineAlreadyExists */
  make(spec: StateMachineSpec): Promise<StateMachine>;
  /** @throws ServiceError InvalidArn, StateMachineDoesNotExist (also when it lives in another Region) */
  get(arn: string, region: string): StateMachine;
  find(arn: string): StateMachine | undefined;
  /** Oldest first. */
  list(region: string): readonly StateMachine[];
}

/** CreateStateMachine's rule for names (API reference): no space, brackets, wildcards or special characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what the rule forbids
const FORBIDDEN_IN_NAMES = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/;

/** @throws ServiceError InvalidName */
export const checkName = (name: string): void => {
  if (name.length >= 1 && name.length <= 80 && !FORBIDDEN_IN_NAMES.test(name)) return;
  throw new ServiceError('InvalidName', `Invalid Name: '${name}'`);
};

const STATE_MACHINE_ARN = /^arn:aws:states:[a-z0-9-]+:\d{12}:stateMachine:[^:/]+$/;

export const createStateMachines = (world: World, integrationsFor: (region: string) => Integrations): StateMachines => {
  const machines = new Map<string, StateMachine>();

  const read = async ({ text, region }: StateMachineSpec): Promise<Definition> => {
    await loadClientsFor([...text.matchAll(/arn:aws:states:::[\w:.-]+/g)].map(([resource]) => resource));
    const integrations = integrationsFor(region);
    try {
      const definition = readDefinition(text, {
        isKnownResource: (resource) => integrations.find(resource) !== undefined,
      });
      const problems = checkArguments(definition);
      if (problems.length > 0) throw new InvalidDefinition(problems);
      return definition;
    } catch (thrown) {
      if (!(thrown instanceof InvalidDefinition)) throw thrown;
      throw new ServiceError('InvalidDefinition', `Invalid State Machine Definition: '${thrown.message}'`);
    }
  };

  return {
    async make(spec) {
      const { name, region, roleArn } = spec;
      checkName(name);
      const arn = `arn:aws:states:${region}:${world.accountId}:stateMachine:${name}`;
      if (machines.has(arn)) {
        throw new ServiceError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
      }
      const definition = await read(spec);
      const role: RoleOfMachine = { world, roleArn, machineName: name, region };
      await checkTrust(role);
      if (resourcesIn(definition).some((resource) => /startExecution\.sync/.test(resource))) {
        await checkManagedRulePermissions(role);
      }
      if (spec.logging.level !== 'OFF') await checkLoggingPermissions(role);
      const machine = { ...spec, arn, definition, createdAt: new Date(world.clock.now()), revisionId: randomUUID() };
      machines.set(arn, machine);
      return machine;
    },
    get(arn, region) {
      if (!STATE_MACHINE_ARN.test(arn)) throw new ServiceError('InvalidArn', `Invalid Arn: '${arn}'`);
      const machine = machines.get(arn);
      if (machine && machine.region === region) return machine;
      throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    },
    find: (arn) => machines.get(arn),
    list: (region) => [...machines.values()].filter((machine) => machine.region === region),
  };
};
