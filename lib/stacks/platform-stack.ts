import { CfnOutput, Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type Environment, pascalCase } from '../environment.ts';

export interface PlatformStackProps {
  readonly environment: Environment;
  readonly region: string;
  /** What the stack is, after the environment's name: `Network`. */
  readonly part: string;
  readonly description: string;
  /** Absent: the environment's. The repositories' stack is named after the platform, because all stages share it. */
  readonly owner?: string;
}

/** A stack of one environment, with account and region always explicit: a rehearsal needs both. */
export abstract class PlatformStack extends Stack {
  readonly environmentName: string;

  constructor(scope: Construct, props: PlatformStackProps) {
    const owner = props.owner ?? props.environment.name;
    const name = `${pascalCase(owner)}${props.part}`;
    super(scope, name, {
      stackName: name,
      description: props.description,
      env: { account: props.environment.account, region: props.region },
      // A stack is deleted on purpose only: it holds keys, images or the cluster.
      terminationProtection: props.environment.stage === 'production',
      tags: { 'mainstay:environment': owner },
    });
    this.environmentName = props.environment.name;
    Tags.of(this).add('mainstay:environment', owner);
    const { definition, stage } = props.environment;
    new CfnOutput(this, 'StackConsole', {
      value: `https://${props.region}.console.aws.amazon.com/cloudformation/home?region=${props.region}#/stacks?filteringText=${name}`,
      description: 'The stack: its resources, events and drift',
    });
    new CfnOutput(this, 'Deploy', {
      value: `npx cdk deploy ${name} --exclusively -c platform=${definition.name}${props.owner ? '' : ` -c stage=${stage}`}`,
      description: 'Deploys a change of the definition to this stack alone',
    });
  }
}
