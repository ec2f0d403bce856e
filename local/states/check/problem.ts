/** Something wrong with a definition. */
export interface Problem {
  /** `States/Grow the cluster/Retry/0/ErrorEquals` */
  readonly path: string;
  /** One sentence. */
  readonly message: string;
}

export type Report = (path: string, message: string) => void;
