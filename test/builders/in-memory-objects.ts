import type { Objects } from '../../functions/platform/objects.ts';

export interface KeptObject {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly contentEncoding?: string | undefined;
}

export interface InMemoryObjects extends Objects {
  readonly kept: Map<string, KeptObject>;
}

/** A bucket's twin. */
export const inMemoryObjects = (): InMemoryObjects => {
  const kept = new Map<string, KeptObject>();
  return {
    kept,
    async put(key, body, contentType, contentEncoding) {
      // Copies, as a service has: what a caller does to its own bytes afterwards changes nothing.
      const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : Uint8Array.from(body);
      kept.set(key, { body: bytes, contentType, contentEncoding });
    },
    async get(key) {
      const object = kept.get(key);
      return object && Uint8Array.from(object.body);
    },
  };
};
