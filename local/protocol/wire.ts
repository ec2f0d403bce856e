import { fromBase64, fromUtf8, toBase64, toUtf8 } from '@smithy/core/serde';
import type { ApiModel, OperationModel } from './api-model.ts';

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

export interface WireResponse {
  /** Left out: 200 for an answer, the error's status for an error. */
  readonly status?: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error as it leaves: both of its names, its status, and the members of its shape. */
export interface WireError {
  readonly shapeName: string;
  readonly wireCode: string;
  readonly status: number;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** How requests and answers are written. One object per AWS protocol; services know nothing of it. */
export interface WireProtocol {
  decode(model: ApiModel, operation: OperationModel, request: WireRequest): Promise<unknown> | unknown;
  encode(model: ApiModel, operation: OperationModel, output: unknown, requestId: string): WireResponse;
  encodeError(model: ApiModel, error: WireError, requestId: string): WireResponse;
}

/** What the SDK's serialisers ask of their surroundings. */
export const serdeContext = {
  base64Decoder: fromBase64,
  base64Encoder: toBase64,
  utf8Decoder: fromUtf8,
  utf8Encoder: toUtf8,
} as never;

/** Timestamp formats by the numbers that smithy schemas use. */
export const DATE_TIME = 5;
export const EPOCH_SECONDS = 7;

export const escapeXml = (text: string) => text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
