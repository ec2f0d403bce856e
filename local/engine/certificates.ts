import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
// First, as the library looks for it when it is loaded.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** The account's certificate authority and the one certificate that all nodes show. Paths are of PEM files. */
export interface Certificates {
  readonly caPem: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** Long enough for an account that is left running; a new start makes new certificates. */
const VALID_DAYS = 365;

const serialNumber = () => `01${randomBytes(15).toString('hex')}`;

/**
 * Makes the certificate authority of one account, and a certificate for the nodes signed by it: EC P-256, valid for
 * `127.0.0.1` and `localhost`. The authority's key is forgotten at once, so nothing else can ever be signed by it.
 */
export const createCertificates = async (folder: string): Promise<Certificates> => {
  const validity = {
    // An hour back: a clock that is set right in the meantime must not make the certificate one of the future.
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + VALID_DAYS * DAY_MS),
  };
  const caKeys = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: 'CN=elasticache-autopilot local account',
    serialNumber: serialNumber(),
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity,
    subject: 'CN=localhost',
    issuer: ca.subject,
    serialNumber: serialNumber(),
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      // Nodes are each other's clients too, in replication and on the cluster bus.
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'dns', value: 'localhost' },
      ]),
    ],
  });
  const keyPem = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');

  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const write = (name: string, pem: string) => {
    const file = path.resolve(folder, name);
    writeFileSync(file, `${pem}\n`, { mode: 0o600 });
    return file;
  };
  const caPem = ca.toString('pem');
  return {
    caPem,
    caFile: write('ca.pem', caPem),
    certFile: write('node.pem', certificate.toString('pem')),
    keyFile: write('node.key', keyPem),
  };
};
