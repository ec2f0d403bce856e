import { readFileSync } from 'node:fs';

export interface State {
  readonly Type: string;
  readonly Comment?: string;
  readonly TimeoutSeconds?: unknown;
  readonly Retry?: readonly {
    readonly ErrorEquals: readonly string[];
    readonly MaxAttempts?: number;
    readonly JitterStrategy?: string;
  }[];
  readonly ItemProcessor?: { readonly States: Readonly<Record<string, State>> };
  readonly [field: string]: unknown;
}

export interface Definition {
  readonly States: Readonly<Record<string, State>>;
  readonly [field: string]: unknown;
}

/** The VPC for which a definition made here has a verifier and a prober. */
export const A_VPC = 'vpc-0a1b2c3d';

/** The ARN that stands for a function or machine in a definition made here: `arn:aws:lambda:...:function:Plan`. */
export const functionArn = (name: string): string => `arn:aws:lambda:us-east-1:111122223333:function:${name}`;

/** A state machine's definition as CloudFormation would hand it to Step Functions, with every `${Name}` replaced. */
export const aDefinition = (name: string): Definition => {
  const text = readFileSync(`state-machines/${name}.asl.json`, 'utf8');
  const replaced = text.replace(/\$\{(\w+)\}/g, (_match, key: string) => {
    if (key === 'Partition') return 'aws';
    if (key.endsWith('FunctionByVpc')) return `{'${A_VPC}':'${functionArn(key.replace(/FunctionByVpc$/, ''))}'}`;
    const machine = {
      SettleArn: 'settle',
      CreateCacheArn: 'create-cache',
      FailoverDrillArn: 'failover-drill',
      RotateTokenArn: 'rotate-token',
    }[key];
    if (machine) return `arn:aws:states:us-east-1:111122223333:stateMachine:${machine}`;
    if (key.endsWith('FunctionArn')) return functionArn(key.replace(/FunctionArn$/, ''));
    throw new Error(`${name}.asl.json uses \${${key}}, which the tests do not know`);
  });
  return JSON.parse(replaced);
};
