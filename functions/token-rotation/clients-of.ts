import type { EngineConnection } from '../platform/engine-client.ts';
import { VerificationFailed } from '../platform/operator-actions.ts';
import type { ClientsSeen } from './schemas.ts';

/** What connections of ours that stay call themselves, so that people and we can tell them apart. */
export const OUR_NAME = 'autopilot';

/** One connection as the engine lists it. */
export interface ClientSeen {
  /** What it calls itself, or its library, or its host. */
  readonly name: string;
  readonly user: string;
  readonly ageSeconds: number;
}

/** To write more lines than these, a node would stop for long enough to be felt: CLIENT LIST is one command, with one answer. */
const MOST_LISTED = 10_000;
/** Names that clients give themselves can be of any length. */
const LONGEST_NAME = 100;

/**
 * The connections of applications to one node, without our own.
 *
 * @param lookedForSeconds for how long we have been coming and going: who came meanwhile from where we are, without a name, is us
 * @throws VerificationFailed when there are too many to be listed
 */
export const clientsOf = async (
  connection: EngineConnection,
  where: string,
  lookedForSeconds: number,
): Promise<readonly ClientSeen[]> => {
  const connected = Number(
    /^connected_clients:(\d+)/m.exec(String(await connection.command('INFO', 'clients')))?.[1] ?? Number.NaN,
  );
  if (!(connected <= MOST_LISTED)) {
    const many = Number.isNaN(connected) ? 'does not tell how many connections it has' : `has ${connected} connections`;
    throw new VerificationFailed(`${where} ${many}; at most ${MOST_LISTED} can be listed without holding it up.`);
  }
  const ourId = String(await connection.command('CLIENT', 'ID'));
  const lines = String(await connection.command('CLIENT', 'LIST', 'TYPE', 'normal'))
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(fieldsIn);
  const ourHost = hostIn(lines.find(({ id }) => id === ourId));
  const isOurs = (line: Fields) =>
    line.id === ourId ||
    line.name === OUR_NAME ||
    (hostIn(line) === ourHost && !line.name && !line['lib-name'] && Number(line.age) <= lookedForSeconds);
  return lines
    .filter((line) => !isOurs(line))
    .map((line) => ({
      name: (line.name || line['lib-name'] || hostIn(line) || 'unknown').slice(0, LONGEST_NAME),
      user: line.user ?? '',
      ageSeconds: Number(line.age) || 0,
    }));
};

type Fields = Readonly<Record<string, string | undefined>>;

/** `id=3 addr=10.0.0.7:51234 name= age=12 …` */
const fieldsIn = (line: string): Fields =>
  Object.fromEntries([...line.matchAll(/(?:^|\s)([a-z-]+)=(\S*)/g)].map(([, key = '', value = '']) => [key, value]));

const hostIn = (line: Fields | undefined): string => (line?.addr ?? '').replace(/:\d+$/, '');

/** More groups than these are not told; the largest are. */
const GROUPS_TOLD = 50;

/**
 * The connections of all nodes, by who they say they are. Pure.
 *
 * @param currentForSeconds for how long the current token has been the current one
 */
export const groupClients = (clients: readonly ClientSeen[], currentForSeconds: number): ClientsSeen => ({
  connections: clients.length,
  olderThanCurrent: clients.filter(({ ageSeconds }) => ageSeconds > currentForSeconds).length,
  groups: [...Map.groupBy(clients, ({ name, user }) => `${user} ${name}`).values()]
    .map((alike) => ({
      name: alike[0]?.name ?? '',
      user: alike[0]?.user ?? '',
      connections: alike.length,
      oldestSeconds: alike.reduce((oldest, { ageSeconds }) => Math.max(oldest, ageSeconds), 0),
    }))
    .sort((one, other) => other.connections - one.connections || one.name.localeCompare(other.name))
    .slice(0, GROUPS_TOLD),
});
