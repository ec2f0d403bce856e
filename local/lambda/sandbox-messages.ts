/** What a sandbox is started with: plain data, because it crosses a thread. */
export interface SandboxData {
  /** The bundle, as a file URL. */
  readonly module: string;
  /** The export to call: `handler` of `index.handler`. */
  readonly handler: string;
  /** The account's own certificate authority, PEM; empty: none. */
  readonly authorityPem: string;
  /** The account's clock: its time at a real time, and its speed. */
  readonly clock: { readonly origin: number; readonly realOrigin: number; readonly speed: number };
}

export interface InvokeMessage {
  readonly requestId: string;
  readonly payload: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
  /** Real time at which the function is out of time, milliseconds since the epoch. */
  readonly deadline: number;
  readonly traceId: string;
}

export interface HandlerError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

export type SandboxMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly requestId: string; readonly payload: string }
  | { readonly kind: 'error'; readonly requestId: string; readonly error: HandlerError };
