import { table } from '../../table.ts';
import type { ClientFigures } from './tally.ts';

const HEADS = [
  'client',
  'does',
  'commands',
  'failed',
  'reconnects',
  'lost',
  'refused logins',
  'read the secret',
  'first failure',
];

/** One line for each client, for the terminal. */
export const rotationClientsTable = (clients: readonly ClientFigures[]): string =>
  table(
    HEADS,
    clients.map(({ name, behaviour, commands, failed, reconnects, lost, refusedLogins, secretReads, firstFailure }) => [
      name,
      behaviour,
      commands,
      failed,
      reconnects,
      lost,
      refusedLogins,
      secretReads,
      firstFailure && `${firstFailure.at} ${firstFailure.says}`,
    ]),
  );
