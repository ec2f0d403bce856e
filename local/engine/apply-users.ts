import { aclRulesOf, isInternal } from './access.ts';
import type { Node } from './node.ts';
import { onEachInTurn } from './on-each.ts';
import type { EngineUser, UserFaults } from './types.ts';

const DEADLINE_MS = 5_000;

/**
 * Makes these the only users on these nodes, besides the service's own, one node after the other: meanwhile some know the
 * change and some do not. Whoever is not named loses his connections.
 */
export const applyUsers = async (
  nodes: readonly Node[],
  users: readonly EngineUser[],
  { forgets, dropsConnections = false }: UserFaults = {},
): Promise<void> => {
  const rules = users.map((user) => ['ACL', 'SETUSER', user.name, ...aclRulesOf(user)]);
  const named = new Set(users.map(({ name }) => name));
  const told = nodes.filter(({ id }) => id !== forgets);
  await onEachInTurn(told, async (node) => {
    const call = (...command: readonly string[]) => node.call(DEADLINE_MS, ...command);
    for (const command of rules) await call(...command);
    const present = await call('ACL', 'USERS');
    const surplus = (Array.isArray(present) ? present.map(String) : []).filter(
      (name) => !named.has(name) && !isInternal(name),
    );
    for (const name of surplus) {
      if (name !== 'default') await call('ACL', 'DELUSER', name);
      else await closeDefault(call);
    }
    if (!dropsConnections) return;
    for (const name of named) await call('CLIENT', 'KILL', 'USER', name);
  });
};

/**
 * The engine does not let go of its default user; without a password and switched off it lets nobody in. Who has not logged in yet
 * stands there as the default user, too, so that one which is off already is left alone: nobody's handshake is cut.
 */
const closeDefault = async (call: (...command: readonly string[]) => Promise<unknown>) => {
  const [, flags] = [await call('ACL', 'GETUSER', 'default')].flat();
  if (Array.isArray(flags) && flags.includes('off')) return;
  await call('ACL', 'SETUSER', 'default', 'reset');
  await call('CLIENT', 'KILL', 'USER', 'default');
};
