export type LogType = 'slow-log' | 'engine-log';
export type LogFormat = 'json' | 'text';

/** Where one log of a cache goes, and in which form. */
export interface LogDestination {
  readonly logType: LogType;
  readonly logGroup: string;
  readonly format: LogFormat;
}

/** A log of a cache on its way to CloudWatch Logs. */
export interface LogDelivery extends LogDestination {
  status: 'enabling' | 'active' | 'modifying' | 'disabling' | 'error';
  /** Why it is in `error`. */
  message?: string | undefined;
  /** Account time (ms); what happened before is not delivered. */
  readonly since: number;
  /** How far each node was read: the last id of its slow log, the bytes of its engine log. By node id. */
  readonly readUpTo: Map<string, number>;
}
