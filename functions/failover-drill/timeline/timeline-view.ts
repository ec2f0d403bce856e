import type { IsoTime } from '../../platform/units.ts';
import type { Measurement } from '../measurement.ts';
import type { ProbeLog } from '../probe-log.ts';

/** Something that happened during the drill, by the account's clock. */
export interface Mark {
  readonly at: IsoTime;
  readonly says: string;
}

/** An earlier drill of the same cache, for the trend. */
export interface PastDrill {
  readonly at: IsoTime;
  /** All outages together. */
  readonly writeUnavailableMs: number | 'not-over';
}

/** Everything that the picture of one drill shows. */
export interface TimelineView {
  readonly log: ProbeLog;
  readonly measurement: Measurement;
  /** One sentence; the outcome says how it is coloured. */
  readonly verdict: { readonly outcome: 'passed' | 'failed' | 'unclear'; readonly says: string };
  /** The shard has to take writes again within so many seconds. */
  readonly targetSeconds: number;
  /** The zero of the time axis; left out when no failover was ordered. */
  readonly orderedAt?: IsoTime;
  readonly marks: readonly Mark[];
  /** Earlier drills, oldest first; this one is not among them. */
  readonly past?: readonly PastDrill[];
}
