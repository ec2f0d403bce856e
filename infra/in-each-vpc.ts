import type { Construct } from 'constructs';
import { WorkflowFunction, type WorkflowFunctionProps } from './workflow-function.ts';

/** The same function in each VPC of the configuration, by the VPC's id: only from inside a VPC are its caches' nodes reached. */
export const inEachVpc = (
  scope: Construct,
  id: string,
  entry: string,
  props: Omit<WorkflowFunctionProps, 'vpc'>,
): ReadonlyMap<string, WorkflowFunction> =>
  new Map(
    props.account.region.vpcs.map((vpc) => [
      vpc.vpcId,
      new WorkflowFunction(scope, `${id}-${vpc.vpcId}`, entry, { ...props, vpc }),
    ]),
  );
