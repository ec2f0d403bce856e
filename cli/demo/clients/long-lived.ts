import type { CacheAddress, Link, OpenLink } from './link.ts';
import type { Tally } from './tally.ts';
import type { TokenSource } from './token-source.ts';
import { openInTime, pause, useOnce } from './use-link.ts';

/** What a client’s life is made of. */
export interface Life {
  readonly open: OpenLink;
  readonly address: CacheAddress;
  readonly name: string;
  readonly token: TokenSource;
  readonly tally: Tally;
  /** Ends it, after the command that is under way. */
  readonly signal: AbortSignal;
}

/** Some 25 writes and as many reads a second. */
const PACE_MS = 40;

/** Reads the secret once and uses the cache until it is told to end; when its connection goes, it comes back with the same token. */
export const liveLong = async ({ open, address, name, token, tally, signal }: Life): Promise<void> => {
  const options = { name, reconnects: true, onLost: () => tally.count('lost') };
  let link: Link | undefined;
  for (let round = 0; !signal.aborted; round += 1) {
    const began = performance.now();
    try {
      if (!link || link.isOver()) {
        if (link) tally.count('reconnects');
        link = await openInTime(open, address, await token.get(), options);
      }
      await useOnce(link, round, tally);
    } catch (error) {
      tally.fail(error);
    }
    await pause(PACE_MS - (performance.now() - began), signal);
  }
  link?.close();
};
