import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  alarmPrefix,
  deliveryParameterPath,
  repositoryName,
  standbyReleaseParameterName,
  stateMachineName,
} from '../../domain/names.ts';
import type { Environment } from '../environment.ts';

/** What several tasks use. */
export interface SharedStores {
  readonly tableArn: string;
  readonly topicArns: readonly string[];
  /** Of the key that encrypts both. */
  readonly keyArn: string;
}

/** Names the resources that rights are given on. Each method is one right of one or more tasks. */
export class Rights {
  private readonly environment: Environment;
  private readonly region: string;
  private readonly account: string;
  private readonly stores: SharedStores;

  constructor(environment: Environment, stores: SharedStores) {
    this.environment = environment;
    this.stores = stores;
    this.region = environment.platform.regions.primary.name;
    this.account = environment.account;
  }

  /** How services are delivered: one parameter a service below one path; an unknown service lists the path. */
  readPlans(): PolicyStatement[] {
    const path = `parameter${deliveryParameterPath(this.environment.name)}`;
    return [
      new PolicyStatement({ actions: ['ssm:GetParameter'], resources: [this.arn('ssm', `${path}*`)] }),
      new PolicyStatement({
        actions: ['ssm:GetParametersByPath'],
        resources: [this.arn('ssm', path.replace(/\/$/, ''))],
      }),
    ];
  }

  resolveImages(): PolicyStatement[] {
    return [
      new PolicyStatement({ actions: ['ecr:DescribeImages', 'ecr:BatchGetImage'], resources: this.repositories() }),
    ];
  }

  /**
   * Findings of enhanced scanning are Inspector's, which has no resource to name.
   * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-iam.html
   */
  reviewImages(): PolicyStatement[] {
    return [
      new PolicyStatement({
        actions: ['ecr:DescribeImageReplicationStatus', 'ecr:DescribeImageScanFindings'],
        resources: this.repositories(),
      }),
      new PolicyStatement({ actions: ['inspector2:ListCoverage', 'inspector2:ListFindings'], resources: ['*'] }),
    ];
  }

  /** DescribeAlarms takes no single alarm as its resource, but the account's. */
  describeAlarms(): PolicyStatement[] {
    return [
      new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: [this.arn('cloudwatch', 'alarm:*')] }),
    ];
  }

  putAlarms(): PolicyStatement[] {
    return [
      new PolicyStatement({
        actions: ['cloudwatch:PutMetricAlarm'],
        resources: [this.arn('cloudwatch', `alarm:${alarmPrefix(this.environment.name)}*`)],
      }),
    ];
  }

  /** Neither Elastic Load Balancing's descriptions nor CloudWatch's metrics have a resource to name. */
  describeTargetGroups(): PolicyStatement[] {
    return [new PolicyStatement({ actions: ['elasticloadbalancing:DescribeTargetGroups'], resources: ['*'] })];
  }

  readMetrics(): PolicyStatement[] {
    return [new PolicyStatement({ actions: ['cloudwatch:GetMetricData'], resources: ['*'] })];
  }

  /** In the standby's region: the release that it has to run. */
  recordStandby(): PolicyStatement[] {
    const { standby } = this.environment.platform.regions;
    if (!standby) return [];
    const name = standbyReleaseParameterName(this.environment.name, '*');
    return [
      new PolicyStatement({
        actions: ['ssm:PutParameter'],
        resources: [`arn:aws:ssm:${standby.name}:${this.account}:parameter${name}`],
      }),
    ];
  }

  stopPromotions(): PolicyStatement[] {
    const machine = stateMachineName(this.environment.name, 'canary-promotion');
    return [
      new PolicyStatement({
        actions: ['states:StopExecution'],
        resources: [this.arn('states', `execution:${machine}:*`)],
      }),
    ];
  }

  /** A token is its own secret: the action has the state machine whose task waits as its resource. */
  answerTasks(): PolicyStatement[] {
    const machine = stateMachineName(this.environment.name, 'canary-promotion');
    return [
      new PolicyStatement({
        actions: ['states:SendTaskSuccess'],
        resources: [this.arn('states', `stateMachine:${machine}`)],
      }),
    ];
  }

  approvals(...actions: string[]): PolicyStatement[] {
    return [
      new PolicyStatement({ actions, resources: [this.stores.tableArn] }),
      // DynamoDB uses the table's key on behalf of who calls it.
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [this.stores.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${this.region}.amazonaws.com` } },
      }),
    ];
  }

  publish(): PolicyStatement[] {
    return [
      new PolicyStatement({ actions: ['sns:Publish'], resources: [...this.stores.topicArns] }),
      new PolicyStatement({
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
        resources: [this.stores.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `sns.${this.region}.amazonaws.com` } },
      }),
    ];
  }

  private repositories(): string[] {
    const { definition } = this.environment;
    return definition.services.map((service) =>
      this.arn('ecr', `repository/${repositoryName(definition.name, service.image)}`),
    );
  }

  private arn(service: string, resource: string): string {
    return `arn:aws:${service}:${this.region}:${this.account}:${resource}`;
  }
}
