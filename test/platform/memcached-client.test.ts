import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { connectMemcached } from '../../functions/platform/memcached-client.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** A node that answers each line as the test says, in as many pieces as it likes. */
const aNode = async (answers: (line: string) => readonly string[] | undefined) => {
  server = createServer((socket) => {
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('data', async (text: string) => {
      for (const piece of answers(text) ?? []) {
        socket.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return connectMemcached(200)({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, tls: false });
};

describe('connectMemcached', () => {
  it('writes and reads a key, in whatever pieces the answer comes', async () => {
    const client = await aNode((line) =>
      line.startsWith('set') ? ['STO', 'RED\r\n'] : ['VALUE k 0 5\r\nhel', 'lo\r\nEN', 'D\r\n'],
    );
    await client.set('k', 'hello', 60);
    expect(await client.get('k')).toBe('hello');
    client.close();
  });

  it('tells a key that is not there', async () => {
    const client = await aNode(() => ['END\r\n']);
    expect(await client.get('k')).toBeUndefined();
    client.close();
  });

  it('reads the nodes from the auto discovery', async () => {
    const list = 'pages.0001.example.com|10.0.0.1|11211 |10.0.0.2|11212';
    const body = `12\n${list}\n`;
    const client = await aNode(() => [`CONFIG cluster 0 ${body.length}\r\n${body}\r\nEND\r\n`]);
    expect(await client.nodes()).toEqual([
      { host: 'pages.0001.example.com', port: 11_211 },
      { host: '10.0.0.2', port: 11_212 },
    ]);
    client.close();
  });

  it.each(['ERROR', 'CLIENT_ERROR bad data chunk', 'SERVER_ERROR out of memory'])(
    'throws what the node refuses: %s',
    async (answer) => {
      const client = await aNode(() => [`${answer}\r\n`]);
      await expect(client.set('k', 'v', 1)).rejects.toMatchObject({
        name: 'EngineRefused',
        code: answer.split(' ')[0],
      });
      client.close();
    },
  );

  it('does not wait for ever for a node that says nothing', async () => {
    const client = await aNode(() => undefined);
    await expect(client.get('k')).rejects.toMatchObject({ name: 'Unreachable' });
  });

  it('says of a node that is not there that it cannot be reached', async () => {
    await expect(connectMemcached(200)({ host: '127.0.0.1', port: 1, tls: false })).rejects.toMatchObject({
      name: 'Unreachable',
    });
  });

  it('takes a list without nodes for no answer', async () => {
    const client = await aNode(() => ['CONFIG cluster 0 3\r\n1\n\n\r\nEND\r\n']);
    await expect(client.nodes()).rejects.toMatchObject({ name: 'Unreachable' });
    client.close();
  });
});
