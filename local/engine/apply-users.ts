import { aclRulesOf, isInternal } from './access.ts';
import type { Node } from './node.ts';
import { onEach } from './on-each.ts';
import type { EngineUser } from './types.ts';

const DEADLINE_MS = 5_000;

/** Makes these the only users on these nodes, besides the service's own. Whoever is not named loses his connections. */
export const applyUsers = async (nodes: readonly Node[], users: readonly EngineUser[]): Promise<void> => {
  const rules = users.map((user) => ['ACL', 'SETUSER', user.name, ...aclRulesOf(user)]);
  const named = new Set(users.map(({ name }) => name));
  await onEach(nodes, async (node) => {
    for (const command of rules) await node.call(DEADLINE_MS, ...command);
    const present = await node.call(DEADLINE_MS, 'ACL', 'USERS');
    const surplus = (Array.isArray(present) ? present.map(String) : []).filter(
      (name) => !named.has(name) && !isInternal(name),
    );
    for (const name of surplus) {
      // The engine does not let go of its default user; without a password and switched off it lets nobody in.
      const command = name === 'default' ? ['SETUSER', name, 'reset'] : ['DELUSER', name];
      await node.call(DEADLINE_MS, 'ACL', ...command);
    }
  });
};
