import { textPx, wrapped } from './text-width.ts';

/** An event with its place on the time axis. */
export interface Flag {
  readonly xPx: number;
  readonly says: string;
}

/** Where an event's text stands. Its line goes down from below the text. */
export interface Placement {
  readonly lines: readonly string[];
  readonly leftPx: number;
  /** From the bottom of the room for flags to the bottom of this text. */
  readonly bottomPx: number;
  readonly topPx: number;
}

export interface FlagRoom {
  readonly leftPx: number;
  readonly rightPx: number;
  readonly fontPx: number;
  readonly linePx: number;
}

const GAP_PX = 8;
const WIDEST_PX = 470;

/**
 * Places the texts of events above the picture so that none covers another. From right to left: each text begins at its
 * own line and stands as low as the texts that it would reach into let it, so that the lines of those pass below it.
 */
export const placeFlags = <F extends Flag>(flags: readonly F[], room: FlagRoom): (F & Placement)[] => {
  const placed: (F & Placement)[] = [];
  for (const flag of flags.toSorted((one, other) => one.xPx - other.xPx).toReversed()) {
    const { fontPx, linePx } = room;
    const lines = wrapped(flag.says, fontPx, Math.min(WIDEST_PX, room.rightPx - room.leftPx));
    const widthPx = Math.max(0, ...lines.map((line) => textPx(line, fontPx)));
    // At the right edge there is no room to the right of the line: the text moves left as far as it must.
    const leftPx = Math.max(room.leftPx, Math.min(flag.xPx, room.rightPx - widthPx));
    const reached = placed.filter(
      (other) => other.leftPx < leftPx + widthPx + GAP_PX && leftPx < rightOf(other, fontPx) + GAP_PX,
    );
    const bottomPx = Math.max(0, ...reached.map(({ topPx }) => topPx));
    placed.push({ ...flag, lines, leftPx, bottomPx, topPx: bottomPx + lines.length * linePx + 3 });
  }
  return placed.toReversed();
};

const rightOf = ({ leftPx, lines }: Placement, fontPx: number) =>
  leftPx + Math.max(0, ...lines.map((line) => textPx(line, fontPx)));
