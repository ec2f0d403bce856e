import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { connectMemcached } from '../../functions/platform/memcached-client.ts';

let server: Server | undefined;
/** When the node has hung up, if it does. */
let gone: Promise<unknown>;
afterEach(() => server?.close());

const DEADLINE_MS = 200;

const clientOf = async (node: (socket: Socket) => void) => {
  server = createServer((socket) => {
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    gone = new Promise((resolve) => socket.once('close', resolve));
    node(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return connectMemcached(DEADLINE_MS)({ host: '127.0.0.1', port, tls: false });
};

/** A node that answers each line as the test says, in as many pieces as it likes. */
const aNode = (answers: (line: string) => readonly string[] | undefined, { hangsUp = false } = {}) =>
  clientOf((socket) => {
    socket.on('data', async (text: string) => {
      for (const piece of answers(text) ?? []) {
        socket.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (hangsUp) socket.resetAndDestroy();
    });
  });

/** A node that is never at its end: one byte often enough that no connection looks idle. */
const aDrippingNode = () =>
  clientOf((socket) => {
    socket.once('data', () => {
      const dripping = setInterval(() => socket.write('x'), DEADLINE_MS / 10);
      socket.on('close', () => clearInterval(dripping));
    });
  });

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

  it.each(['', 'pages|10.0.0.1|port', 'pages|10.0.0.1|0', 'pages|10.0.0.1|70000', 'pages|10.0.0.1', '||11211'])(
    'takes a list of nodes that cannot be read for no answer: “%s”',
    async (list) => {
      const client = await aNode(() => [`CONFIG cluster 0 3\r\n1\n${list}\n\r\nEND\r\n`]);
      await expect(client.nodes()).rejects.toMatchObject({ name: 'Unreachable' });
      client.close();
    },
  );

  it.each(['VALUE k 0 5\r\nhell\r\nEND\r\n', 'VALUE k 0 3\r\nhello\r\nEND\r\n', 'VALUE j 0 5\r\nhello\r\nEND\r\n'])(
    'takes a value that is not as announced for no answer: %j',
    async (answer) => {
      const client = await aNode(() => [answer]);
      await expect(client.get('k')).rejects.toMatchObject({ name: 'Unreachable' });
      client.close();
    },
  );

  it('repeats what the node gives as its reason', async () => {
    const client = await aNode(() => ['SERVER_ERROR out of memory\r\n']);
    await expect(client.set('k', 'v', 1)).rejects.toThrow(/127\.0\.0\.1:\d+ answered SERVER_ERROR out of memory\.$/);
    client.close();
  });

  it('does not wait longer for a node that says something again and again, but never an end', async () => {
    const client = await aDrippingNode();
    const askedAt = performance.now();
    await expect(client.get('k')).rejects.toMatchObject({ name: 'Unreachable' });
    expect(performance.now() - askedAt).toBeLessThan(5 * DEADLINE_MS);
    client.close();
  });

  it('hears an answer in many pieces without a warning', async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on('warning', warn);
    const client = await aNode(() => ['VALUE k 0 40\r\n', ...'x'.repeat(40), '\r\nEND\r\n']);
    for (let question = 0; question < 15; question += 1) expect(await client.get('k')).toBe('x'.repeat(40));
    client.close();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });

  it('says of a node that went away between two questions that it cannot be reached', async () => {
    const client = await aNode(() => ['END\r\n'], { hangsUp: true });
    await client.get('k');
    await gone;
    await expect(client.get('k')).rejects.toMatchObject({ name: 'Unreachable' });
  });
});
