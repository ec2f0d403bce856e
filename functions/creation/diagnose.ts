import { ec2Client, elastiCacheClient, kmsClient, serviceQuotasClient } from '../platform/clients.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { awsWitnesses } from './aws-witnesses.ts';
import { diagnoseCreation } from './diagnose-creation.ts';
import { DiagnoseInput } from './schemas.ts';

/** Finds out why a creation failed, as far as the account shows it. Changes nothing. */
export const handler = makeHandler({
  name: 'creation/diagnose',
  input: DiagnoseInput,
  run: (input) =>
    diagnoseCreation(input, {
      region: environment('AWS_REGION'),
      caches: elastiCacheCaches(elastiCacheClient()),
      witnesses: awsWitnesses({
        elastiCache: elastiCacheClient(),
        ec2: ec2Client(),
        serviceQuotas: serviceQuotasClient(),
        kms: kmsClient(),
      }),
    }),
  report: ({ diagnosis, findings }) => ({
    says: 'Diagnosed the creation',
    reason: findings[0]?.cause ?? 'NotExplained',
    fields: { diagnosis, causes: findings.map(({ cause }) => cause) },
  }),
});
