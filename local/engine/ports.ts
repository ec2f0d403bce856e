import { createServer } from 'node:net';

/**
 * Data ports and, 10 000 above as the engine wants it, the ports of the cluster bus. Both stay below 32768, where the
 * system begins to hand out ports to clients: no outgoing connection can take one between our look and the bind.
 */
const FIRST = 10_240;
const COUNT = 9_760;
const BUS_OFFSET = 10_000;

const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });

/** Hands out data ports whose bus port is free as well; never one that it handed out and did not get back. */
export interface Ports {
  take(): Promise<number>;
  giveBack(port: number): void;
}

/** Starts at random, so that two accounts that start together seldom meet; who meets anyway tries again. */
export const createPorts = (random: () => number = Math.random): Ports => {
  const taken = new Set<number>();
  let next = Math.floor(random() * COUNT);
  return {
    async take() {
      for (let tries = 0; tries < COUNT; tries += 1) {
        const port = FIRST + next;
        next = (next + 1) % COUNT;
        if (taken.has(port)) continue;
        taken.add(port);
        if ((await isFree(port)) && (await isFree(port + BUS_OFFSET))) return port;
        taken.delete(port);
      }
      throw new Error(
        `No port from ${FIRST} to ${FIRST + COUNT - 1} is free: end some of the processes that hold them.`,
      );
    },
    giveBack: (port) => taken.delete(port),
  };
};

/** The port of the cluster bus that belongs to a data port. */
export const busPortOf = (port: number): number => port + BUS_OFFSET;
