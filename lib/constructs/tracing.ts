import { CfnSamplingRule } from 'aws-cdk-lib/aws-xray';
import { Construct } from 'constructs';
import { pascalCase } from '../environment.ts';

export interface TracingProps {
  readonly environmentName: string;
  /** Share of the requests and executions that leave a trace, beside one a second. */
  readonly samplePercent: number;
  readonly services: readonly string[];
}

/** https://docs.aws.amazon.com/xray/latest/api/API_SamplingRule.html */
const ruleNameLengthMax = 32;

/**
 * How much is traced, in X-Ray's own rules, so that it changes without a release: the workflows with their functions, and each service that
 * asks X-Ray. The account's default rule (one a second and 5 %) is left alone.
 */
export class Tracing extends Construct {
  constructor(scope: Construct, id: string, { environmentName, samplePercent, services }: TracingProps) {
    super(scope, id);
    const rule = (ruleName: string, serviceName: string, priority: number): void => {
      if (ruleName.length > ruleNameLengthMax) {
        throw new RangeError(`The sampling rule '${ruleName}' is longer than ${ruleNameLengthMax} characters.`);
      }
      new CfnSamplingRule(this, pascalCase(ruleName), {
        samplingRule: {
          ruleName,
          priority,
          fixedRate: samplePercent / 100,
          reservoirSize: 1,
          serviceName,
          serviceType: '*',
          host: '*',
          httpMethod: '*',
          urlPath: '*',
          resourceArn: '*',
          version: 1,
        },
      });
    };
    rule(`mainstay-${environmentName}`, `mainstay-${environmentName}-*`, 1000);
    for (const service of services) rule(`${environmentName}-${service}`, service, 2000);
  }
}
