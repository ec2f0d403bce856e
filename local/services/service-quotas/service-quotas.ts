import type * as api from '@aws-sdk/client-service-quotas';
import * as sdk from '@aws-sdk/client-service-quotas';
import { operation, type Service, ServiceError, type World } from '../../service.ts';
import type { ElastiCacheHandle } from '../elasticache/elasticache.ts';
import { DEFAULT_QUOTAS, type Quotas } from '../elasticache/settings.ts';
import { pageOf } from '../paging.ts';
import { ELASTICACHE_QUOTAS, type QuotaName } from './elasticache-quotas.ts';

const SERVICE_CODE = 'elasticache';
const BAD_PAGE = { size: 'IllegalArgumentException', token: 'InvalidPaginationTokenException' } as const;
const SERVICE_NAME = 'Amazon ElastiCache';

interface Quota extends QuotaName {
  readonly value: number;
}

/** Every quota, with its value out of `values`. */
const quotasOf = (values: Readonly<Quotas>): readonly Quota[] =>
  Object.entries(ELASTICACHE_QUOTAS).map(([key, named]) => ({
    ...named,
    value: values[key as keyof typeof ELASTICACHE_QUOTAS],
  }));

const noSuchResource = (message: string) => new ServiceError('NoSuchResourceException', message);

const refuseOtherServices = (code = '') => {
  if (code === SERVICE_CODE) return;
  throw noSuchResource(`The local account has no quotas of the service ${code}.`);
};

const find = (quotas: readonly Quota[], wanted = ''): Quota => {
  const quota = quotas.find(({ code }) => code === wanted);
  if (quota) return quota;
  throw noSuchResource(`The service ${SERVICE_CODE} has no quota ${wanted}.`);
};

/**
 * Service Quotas, for ElastiCache: the same figures that ElastiCache goes by here. Asking for an increase is answered
 * 501, because nobody grants one.
 */
export const createServiceQuotas = (world: World, elastiCache: Pick<ElastiCacheHandle, 'quotas'>): Service => {
  const shown = ({ code, name, value }: Quota, region: string, accountId: string) => ({
    ServiceCode: SERVICE_CODE,
    ServiceName: SERVICE_NAME,
    QuotaArn: `arn:aws:servicequotas:${region}:${accountId}:${SERVICE_CODE}/${code}`,
    QuotaCode: code,
    QuotaName: name,
    Value: value,
    Unit: 'None',
    Adjustable: true,
    GlobalQuota: false,
  });
  const applied = (quota: Quota, region: string) => ({
    ...shown(quota, region, world.accountId),
    QuotaAppliedAtLevel: 'ACCOUNT' as const,
  });

  const GetServiceQuota = operation<api.GetServiceQuotaCommandInput, api.GetServiceQuotaCommandOutput>({
    handle({ ServiceCode, QuotaCode }, { region }) {
      refuseOtherServices(ServiceCode);
      return { Quota: applied(find(quotasOf(elastiCache.quotas), QuotaCode), region) };
    },
  });

  const ListServiceQuotas = operation<api.ListServiceQuotasCommandInput, api.ListServiceQuotasCommandOutput>({
    handle({ ServiceCode, QuotaCode, ...request }, { region }) {
      refuseOtherServices(ServiceCode);
      const all = quotasOf(elastiCache.quotas);
      const wanted = QuotaCode === undefined ? all : [find(all, QuotaCode)];
      const { items, ...page } = pageOf(wanted, ({ code }) => code, request, BAD_PAGE);
      return { Quotas: items.map((quota) => applied(quota, region)), ...page };
    },
  });

  const GetAWSDefaultServiceQuota = operation<
    api.GetAWSDefaultServiceQuotaCommandInput,
    api.GetAWSDefaultServiceQuotaCommandOutput
  >({
    handle({ ServiceCode, QuotaCode }, { region }) {
      refuseOtherServices(ServiceCode);
      // A default belongs to no account.
      return { Quota: shown(find(quotasOf(DEFAULT_QUOTAS), QuotaCode), region, '') };
    },
  });

  return {
    name: 'servicequotas',
    api: {
      signingName: 'servicequotas',
      iamPrefix: 'servicequotas',
      sdk,
      Client: sdk.ServiceQuotasClient,
      operations: { GetServiceQuota, ListServiceQuotas, GetAWSDefaultServiceQuota },
    },
  };
};
