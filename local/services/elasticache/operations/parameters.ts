import type {
  DescribeCacheParametersCommandInput,
  DescribeCacheParametersCommandOutput,
  DescribeEngineDefaultParametersCommandInput,
  DescribeEngineDefaultParametersCommandOutput,
  Parameter,
} from '@aws-sdk/client-elasticache';
import { operation } from '../../../service.ts';
import type { PlaneOf } from '../control-plane.ts';
import { findParameterGroup } from '../lookups.ts';
import { pageOf } from '../paging.ts';
import { type ParameterDefinition, parametersOf } from '../parameter-families.ts';
import { permissionOn } from '../permissions.ts';
import { invalidValue } from '../validation/faults.ts';
import { checkFamily } from './parameter-groups.ts';

const SOURCES = ['user', 'system', 'engine-default'];

const view = (definition: ParameterDefinition, own?: string): Parameter => ({
  ParameterName: definition.name,
  ParameterValue: own ?? definition.defaultValue,
  Description: definition.description,
  Source: own === undefined ? 'system' : 'user',
  DataType: definition.dataType,
  AllowedValues: definition.allowedValues,
  IsModifiable: definition.isModifiable,
  MinimumEngineVersion: definition.minimumEngineVersion,
  ChangeType: definition.changeType,
});

const byName = (left: Parameter, right: Parameter) =>
  (left.ParameterName ?? '') < (right.ParameterName ?? '') ? -1 : 1;
const nameOf = ({ ParameterName = '' }: Parameter) => ParameterName;

export const describeCacheParameters = (planeOf: PlaneOf) =>
  operation<DescribeCacheParametersCommandInput, DescribeCacheParametersCommandOutput>({
    permissions: (input, call) => [
      permissionOn(planeOf(call), call, 'parametergroup', input.CacheParameterGroupName ?? ''),
    ],
    handle(input, call) {
      const group = findParameterGroup(planeOf(call), input.CacheParameterGroupName);
      const { Source } = input;
      if (Source !== undefined && !SOURCES.includes(Source)) {
        throw invalidValue(`Source must be one of ${SOURCES.join(', ')}, not ${Source}.`);
      }
      const parameters = [...parametersOf(checkFamily(group.family)).values()]
        .map((definition) => view(definition, group.values.get(definition.name)))
        .filter((parameter) => Source === undefined || parameter.Source === Source)
        .sort(byName);
      const { items, Marker } = pageOf(parameters, nameOf, input);
      return { Parameters: [...items], CacheNodeTypeSpecificParameters: [], Marker };
    },
  });

export const describeEngineDefaultParameters = () =>
  operation<DescribeEngineDefaultParametersCommandInput, DescribeEngineDefaultParametersCommandOutput>({
    handle(input) {
      const family = checkFamily(input.CacheParameterGroupFamily);
      const parameters = [...parametersOf(family).values()].map((definition) => view(definition)).sort(byName);
      const { items, Marker } = pageOf(parameters, nameOf, input);
      return {
        EngineDefaults: {
          CacheParameterGroupFamily: family,
          Parameters: [...items],
          CacheNodeTypeSpecificParameters: [],
          Marker,
        },
      };
    },
  });
