declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** An in-memory DynamoDB as an HTTP server; milliseconds that tables stay in their transitional states. */
  export default function dynalite(options?: {
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
}
