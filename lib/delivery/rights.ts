import { backupsKeyAlias } from '../../domain/backups.ts';
import {
  alarmPrefix,
  deliveryParameterPath,
  repositoryName,
  type Severity,
  severities,
  standbyReleaseParameterName,
  stateMachineName,
  type WorkflowName,
} from '../../domain/names.ts';
import { recoverySetsTableName } from '../../domain/recovery-set.ts';
import type { Grant } from '../constructs/grant.ts';
import { interlockActions } from '../constructs/interlock-table.ts';
import type { Environment } from '../environment.ts';

/** What several tasks use. */
export interface SharedStores {
  /** Of the approvals; only where somebody is asked. */
  readonly tableArn?: string;
  readonly interlockTableArn: string;
  readonly topicArns: (of: readonly Severity[]) => readonly string[];
  /** Of the key that encrypts them all. */
  readonly keyArn: string;
}

/** Names the resources that rights are given on. Each method is one right of one or more tasks. */
export class Rights {
  protected readonly environment: Environment;
  protected readonly region: string;
  private readonly account: string;
  protected readonly stores: SharedStores;

  /** `region`: where the functions run; the primary unless told. */
  constructor(environment: Environment, stores: SharedStores, region = environment.platform.regions.primary.name) {
    this.environment = environment;
    this.stores = stores;
    this.region = region;
    this.account = environment.account;
  }

  /** How one service is delivered; an unknown one lists those that there are. */
  readPlan(): Grant[] {
    const parameters = this.arn('ssm', `parameter${deliveryParameterPath(this.environment.name)}*`);
    return [
      { actions: ['ssm:GetParameter'], resources: [parameters], because: 'deliveryParameters' },
      ...this.readAllPlans(),
    ];
  }

  /** The path itself is the resource, written with or without what follows its slash. */
  readAllPlans(): Grant[] {
    const path = this.arn('ssm', `parameter${deliveryParameterPath(this.environment.name)}`);
    return [
      {
        actions: ['ssm:GetParametersByPath'],
        resources: [path.replace(/\/$/, ''), `${path}*`],
        because: 'deliveryParameters',
      },
    ];
  }

  resolveImages(): Grant[] {
    return [{ actions: ['ecr:DescribeImages', 'ecr:BatchGetImage'], resources: this.repositories() }];
  }

  /**
   * Each region scans its own copy. Findings of enhanced scanning are Inspector's, which has no resource to name.
   * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-iam.html
   */
  reviewImages(): Grant[] {
    return [
      { actions: ['ecr:DescribeImageReplicationStatus'], resources: this.repositories() },
      {
        actions: ['ecr:DescribeImageScanFindings'],
        resources: this.imageRegions().flatMap((region) => this.repositories(region)),
      },
      { actions: ['inspector2:ListCoverage', 'inspector2:ListFindings'], resources: ['*'], because: 'noResourceLevel' },
    ];
  }

  describeAlarms(): Grant[] {
    return [
      { actions: ['cloudwatch:DescribeAlarms'], resources: [this.arn('cloudwatch', 'alarm:*')], because: 'allAlarms' },
    ];
  }

  putAlarms(): Grant[] {
    return [
      {
        actions: ['cloudwatch:PutMetricAlarm'],
        resources: [this.arn('cloudwatch', `alarm:${alarmPrefix(this.environment.name)}*`)],
        because: 'rollbackAlarms',
      },
    ];
  }

  describeTargetGroups(): Grant[] {
    return [{ actions: ['elasticloadbalancing:DescribeTargetGroups'], resources: ['*'], because: 'noResourceLevel' }];
  }

  readMetrics(): Grant[] {
    return [{ actions: ['cloudwatch:GetMetricData'], resources: ['*'], because: 'noResourceLevel' }];
  }

  /** In the standby's region: the release that it has to run. */
  recordStandby(): Grant[] {
    const { standby } = this.environment.platform.regions;
    if (!standby) return [];
    const name = standbyReleaseParameterName(this.environment.name, '*');
    return [
      {
        actions: ['ssm:PutParameter'],
        resources: [`arn:aws:ssm:${standby.name}:${this.account}:parameter${name}`],
        because: 'standbyReleases',
      },
    ];
  }

  /** Which repositories there are is asked of all of a region's: one that replication has made is not in the templates. */
  listRepositories(): Grant[] {
    const resources = this.imageRegions().map((region) => this.arn('ecr', 'repository/*', region));
    return [{ actions: ['ecr:DescribeRepositories'], resources, because: 'allRepositories' }];
  }

  readAllImages(): Grant[] {
    return [
      {
        actions: ['ecr:DescribeImages', 'ecr:BatchGetImage'],
        resources: this.platformRepositories(),
        because: 'platformRepositories',
      },
    ];
  }

  deleteImages(): Grant[] {
    return [
      { actions: ['ecr:BatchDeleteImage'], resources: this.platformRepositories(), because: 'platformRepositories' },
    ];
  }

  /** Who needs an image: plans, promotions under way, the standby's releases. What runs is asked of the cluster. */
  readNeeds(): Grant[] {
    const { standby } = this.environment.platform.regions;
    const machine = stateMachineName(this.environment.name, 'canary-promotion');
    const releases = standbyReleaseParameterName(this.environment.name, '*');
    return [
      ...this.readAllPlans(),
      { actions: ['states:ListExecutions'], resources: [this.arn('states', `stateMachine:${machine}`)] },
      {
        actions: ['states:DescribeExecution'],
        resources: [this.arn('states', `execution:${machine}:*`)],
        because: 'releasingExecutions',
      },
      ...(standby
        ? [
            {
              actions: ['ssm:GetParameter'],
              resources: [this.arn('ssm', `parameter${releases}`, standby.name)],
              because: 'standbyReleases',
            } as const,
          ]
        : []),
      ...this.readRecoverySets([this.region, ...(standby ? [standby.name] : [])]),
    ];
  }

  /** Their key is made after this stack, in either region: it is known by its alias. */
  private readRecoverySets(regions: readonly string[]): Grant[] {
    const { name } = this.environment;
    return regions.flatMap((region): Grant[] => [
      { actions: ['dynamodb:Scan'], resources: [this.arn('dynamodb', `table/${recoverySetsTableName(name)}`, region)] },
      {
        actions: ['kms:Decrypt'],
        resources: [this.arn('kms', 'key/*', region)],
        conditions: {
          StringEquals: { 'kms:ViaService': `dynamodb.${region}.amazonaws.com` },
          'ForAnyValue:StringEquals': { 'kms:ResourceAliases': `alias/${backupsKeyAlias(name)}` },
        },
        because: 'otherRegionsKey',
      },
    ]);
  }

  startPromotions(): Grant[] {
    const machine = stateMachineName(this.environment.name, 'canary-promotion');
    return [{ actions: ['states:StartExecution'], resources: [this.arn('states', `stateMachine:${machine}`)] }];
  }

  /** Of a promotion, and of a rollback that itself brings a release back. */
  stopExecutions(): Grant[] {
    return [
      { actions: ['states:StopExecution'], resources: this.releasingExecutions(), because: 'releasingExecutions' },
    ];
  }

  describeExecutions(): Grant[] {
    return [
      { actions: ['states:DescribeExecution'], resources: this.releasingExecutions(), because: 'releasingExecutions' },
    ];
  }

  /** A token is its own secret: the action has the state machine whose task waits as its resource. */
  answerTasks(...waiting: readonly WorkflowName[]): Grant[] {
    const resources = waiting.map((workflow) =>
      this.arn('states', `stateMachine:${stateMachineName(this.environment.name, workflow)}`),
    );
    return [{ actions: ['states:SendTaskSuccess'], resources }];
  }

  approvals(...actions: string[]): Grant[] {
    const { tableArn } = this.stores;
    if (tableArn === undefined) throw new RangeError('There is no table of approvals in this region.');
    return this.useTable(tableArn, actions);
  }

  readReign(): Grant[] {
    return this.useTable(this.stores.interlockTableArn, ['dynamodb:GetItem']);
  }

  interlock(use: keyof typeof interlockActions): Grant[] {
    return this.useTable(this.stores.interlockTableArn, interlockActions[use]);
  }

  protected useTable(tableArn: string, actions: readonly string[]): Grant[] {
    return [
      { actions, resources: [tableArn] },
      // DynamoDB uses the table's key on behalf of who calls it.
      {
        actions: ['kms:Decrypt'],
        resources: [this.stores.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${this.region}.amazonaws.com` } },
      },
    ];
  }

  /** Publishing to the topics of these severities; to all of them unless told. */
  publish(...to: readonly Severity[]): Grant[] {
    const topics = this.stores.topicArns(to.length === 0 ? severities : to);
    return [
      { actions: ['sns:Publish'], resources: [...topics] },
      {
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
        resources: [this.stores.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `sns.${this.region}.amazonaws.com` } },
      },
    ];
  }

  private releasingExecutions(): string[] {
    return (['canary-promotion', 'canary-rollback'] as const).map((workflow) =>
      this.arn('states', `execution:${stateMachineName(this.environment.name, workflow)}:*`),
    );
  }

  private repositories(region = this.region): string[] {
    const { definition } = this.environment;
    return definition.services.map((service) =>
      this.arn('ecr', `repository/${repositoryName(definition.name, service.image)}`, region),
    );
  }

  private platformRepositories(): string[] {
    return this.imageRegions().map((region) =>
      this.arn('ecr', `repository/${repositoryName(this.environment.platform.name, '*')}`, region),
    );
  }

  private imageRegions(): readonly string[] {
    return [...new Set([this.region, ...this.environment.platform.regions.images])];
  }

  protected arn(service: string, resource: string, region = this.region): string {
    return `arn:aws:${service}:${region}:${this.account}:${resource}`;
  }
}
