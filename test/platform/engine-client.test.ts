import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from '../../functions/platform/engine-client.ts';

/** Short, so that the tests are fast; far longer than loopback needs. */
const DEADLINE_MS = 250;
const opened: { server: Server; sockets: Set<Socket> }[] = [];

afterEach(() => {
  for (const { server, sockets } of opened.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

/** A server that answers each command in Redis's protocol, or with silence where `answer` gives nothing. */
const anEngine = async (answer: (command: string[]) => string | undefined): Promise<{ host: string; port: number }> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      // Each command comes as an array of strings: *2, $4, PING, ...
      for (const command of data
        .toString()
        .split(/^\*\d+\r\n/m)
        .filter(Boolean)) {
        const words = command.split('\r\n').filter((_, index) => index % 2 === 1);
        const reply = answer(words.map((word, index) => (index === 0 ? word.toUpperCase() : word)));
        if (reply !== undefined) socket.write(`${reply}\r\n`);
      }
    });
  });
  opened.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
};

describe('connect', () => {
  it('speaks to an engine', async () => {
    const address = await anEngine(([name, key]) => (name === 'GET' ? `+value of ${key}` : '+PONG'));
    const connection = await connect(DEADLINE_MS)({ ...address, tls: false });
    expect(await connection.command('PING')).toBe('PONG');
    expect(await connection.command('GET', 'orders')).toBe('value of orders');
    connection.close();
  });

  it('comes with the token when it has one', async () => {
    const seen: string[][] = [];
    const address = await anEngine((command) => {
      seen.push(command);
      return '+OK';
    });
    const connection = await connect(DEADLINE_MS)({ ...address, tls: false, authToken: 'the-token' });
    await connection.command('PING');
    connection.close();
    expect(seen[0]).toEqual(['AUTH', 'the-token']);
  });

  it('names the engine’s own answer when it refuses', async () => {
    const address = await anEngine(() => '-NOAUTH Authentication required.');
    const connection = await connect(DEADLINE_MS)({ ...address, tls: false });
    await expect(connection.command('PING')).rejects.toMatchObject({ name: 'EngineRefused', code: 'NOAUTH' });
    connection.close();
  });

  it('says that a token is wrong, and does not repeat it', async () => {
    const address = await anEngine(([name]) =>
      name === 'AUTH'
        ? '-WRONGPASS invalid username-password pair or user is disabled.'
        : '-NOAUTH Authentication required.',
    );
    const attempt = (async () => {
      const connection = await connect(DEADLINE_MS)({ ...address, tls: false, authToken: 'the-wrong-token' });
      await connection.command('PING');
    })();
    const error: unknown = await attempt.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'EngineRefused' });
    expect(['WRONGPASS', 'NOAUTH']).toContain((error as { code: string }).code);
    expect(String(error)).not.toContain('the-wrong-token');
  });

  it('does not wait for an engine that never answers', async () => {
    const address = await anEngine(() => undefined);
    const connection = await connect(DEADLINE_MS)({ ...address, tls: false });
    const before = performance.now();
    await expect(connection.command('PING')).rejects.toMatchObject({ name: 'Unreachable' });
    expect(performance.now() - before).toBeLessThan(10 * DEADLINE_MS);
    connection.close();
  });

  it('does not wait for a handshake that never ends', async () => {
    const address = await anEngine(() => undefined);
    await expect(connect(DEADLINE_MS)({ ...address, tls: true })).rejects.toMatchObject({ name: 'Unreachable' });
  });

  it('says so at once when nothing listens', async () => {
    const address = await anEngine(() => '+OK');
    const [{ server } = {}] = opened;
    await new Promise<void>((resolve) => server?.close(() => resolve()));
    await expect(connect(DEADLINE_MS)({ ...address, tls: false })).rejects.toMatchObject({ name: 'Unreachable' });
  });
});
