import { createConnection } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { AbstractConnector } from 'ioredis';
import { createSharedLookup } from './shared-lookup.ts';

/** The part of the client's options that says where to connect to. */
interface Where {
  readonly host: string;
  readonly port: number;
  readonly disconnectTimeout: number;
  readonly tls?: ConnectionOptions;
}

const lookup = createSharedLookup();

/** Connects as the client would by itself, but for the lookup of names, which all connections of the prober share. */
export class Connector extends AbstractConnector {
  readonly #where: Where;

  constructor(options: unknown) {
    const where = options as Where;
    super(where.disconnectTimeout);
    this.#where = where;
  }

  override connect(): ReturnType<AbstractConnector['connect']> {
    const { host, port, tls } = this.#where;
    this.connecting = true;
    this.stream = tls ? connect({ host, port, lookup, ...tls }) : createConnection({ host, port, lookup });
    this.stream.once('error', (error: Error) => {
      this.firstError = error;
    });
    return Promise.resolve(this.stream);
  }
}
