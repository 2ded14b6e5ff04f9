import { CfnOutput, CustomResource } from 'aws-cdk-lib';
import { CfnHealthCheck, CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { publicSignalName, servesSignalName } from '../../domain/failover-settings.ts';
import { watchingAlarmName } from '../../domain/names.ts';
import { EncryptionKey } from '../constructs/encryption-key.ts';
import { retentionOf } from '../constructs/retention.ts';
import { functionLogGroups, TaskFunction } from '../constructs/task-function.ts';
import { bundleOf } from '../delivery/task-functions.ts';
import { type Environment, pascalCase } from '../environment.ts';
import { entranceOf } from '../failover/entrance.ts';
import { servesAlarm } from '../failover/watching.ts';
import { loadBalancerName } from '../kubernetes/gateway.ts';
import { PlatformStack } from './platform-stack.ts';

/** CloudFormation's type of a load balancer that is found by its name. */
export const entranceType = 'Custom::MainstayEntrance';

/** Task of the function that finds it. */
export const entranceTask = 'find-entrance';

/** Of the signal that `watch-primary` asks. */
const signalTtlSeconds = 10;
/** Of an alias to a load balancer, which says itself how long it is kept; the record beside it says the same. */
const aliasTtlSeconds = 60;

type Alias = CfnRecordSet.AliasTargetProperty;

/**
 * How the world finds the platform: records and health checks that stand before anything is lost. A failover changes none of them; it turns them by
 * a metric in the region that takes over. See docs/decisions/0025, Traffic. Route 53 lives in no region; the stack is deployed from the primary's.
 */
export class TrafficStack extends PlatformStack {
  private readonly zone: { readonly zoneId: string; readonly zoneName: string };

  constructor(scope: Construct, environment: Environment, props: { readonly functions: ReadonlyMap<string, string> }) {
    const { platform, name } = environment;
    const { primary, standby } = platform.regions;
    const { dns } = platform.gateway;
    const entrance = entranceOf(environment);
    if (!dns || !standby || !entrance) throw new RangeError(`${name} has no zone, no standby or no routed host.`);
    super(scope, {
      environment,
      region: primary.name,
      part: 'Traffic',
      description: `${platform.title} (${environment.stage}): records and health checks that lead to the region that serves`,
    });
    this.zone = dns;
    const find = this.finder(environment, props.functions);
    const aliases = new Map<string, Alias>();
    for (const { name: region } of [primary, standby]) {
      const alias = this.entrance(find, region);
      aliases.set(region, alias);
      const way = entrance.ways[region] ?? '';
      this.record(`${pascalCase(region)}Way`, { name: way, type: 'A', aliasTarget: alias });
      this.publicSignal(region, way, entrance.path);
    }
    const check = this.switch(primary.name, standby.name);
    const hosts = new Set(platform.services.flatMap(({ route }) => route?.hostnames ?? []));
    for (const host of hosts) {
      const pair = { name: host, type: 'A' };
      this.record(`${idOf(host)}Primary`, {
        ...pair,
        ...primaryOf(primary.name, check),
        ...aliasTo(aliases, primary.name),
      });
      this.record(`${idOf(host)}Standby`, { ...pair, ...secondaryOf(standby.name), ...aliasTo(aliases, standby.name) });
    }
    const serves = { name: servesSignalName(name, dns.zoneName), type: 'TXT', ttl: String(aliasTtlSeconds) };
    this.record('ServesPrimary', { ...serves, ...primaryOf(primary.name, check), ...text(primary.name) });
    this.record('ServesStandby', { ...serves, ...secondaryOf(standby.name), ...text(standby.name) });
    new CfnOutput(this, 'WhoServes', {
      value: `dig +short TXT ${serves.name}`,
      description: 'The region that the hosts lead to, as the world sees it',
    });
  }

  /**
   * Healthy while the defined primary is to serve: one of two suffices. A is turned by the standby that serves; B back again by the primary. Where a
   * region's alarm says nothing any more, what it said last holds.
   */
  private switch(primary: string, standby: string): CfnHealthCheck {
    const of = (id: string, region: string, inverted: boolean) =>
      this.check(id, `${this.environmentName}: ${servesAlarm} in ${region}`, {
        type: 'CLOUDWATCH_METRIC',
        alarmIdentifier: { name: watchingAlarmName(this.environmentName, servesAlarm), region },
        insufficientDataHealthStatus: 'LastKnownStatus',
        inverted,
      });
    const children = [of('StandbyServes', standby, false), of('PrimaryServes', primary, true)];
    return this.check('PrimaryIsToServe', `${this.environmentName}: ${primary} is to serve`, {
      type: 'CALCULATED',
      childHealthChecks: children.map(({ attrHealthCheckId }) => attrHealthCheckId),
      healthThreshold: 1,
    });
  }

  /** What Route 53's checkers all over the world see of a region, to be read over DNS. */
  private publicSignal(region: string, way: string, path: string): void {
    const id = pascalCase(region);
    const check = this.check(`${id}Answers`, `${this.environmentName}: ${way} answers`, {
      type: 'HTTPS',
      fullyQualifiedDomainName: way,
      port: 443,
      resourcePath: path,
      enableSni: true,
      requestInterval: 10,
      failureThreshold: 3,
    });
    const signal = {
      name: publicSignalName(this.environmentName, region, this.zone.zoneName),
      type: 'TXT',
      ttl: String(signalTtlSeconds),
    };
    this.record(`${id}Up`, { ...signal, ...primaryOf('up', check), ...text('up') });
    this.record(`${id}Down`, { ...signal, ...secondaryOf('down'), ...text('down') });
  }

  private check(id: string, name: string, config: CfnHealthCheck.HealthCheckConfigProperty): CfnHealthCheck {
    return new CfnHealthCheck(this, id, {
      healthCheckConfig: config,
      healthCheckTags: [{ key: 'Name', value: name }],
    });
  }

  private record(id: string, props: Omit<ConstructorParameters<typeof CfnRecordSet>[2], 'hostedZoneId'>): void {
    new CfnRecordSet(this, id, { ...props, hostedZoneId: this.zone.zoneId });
  }

  private entrance(finder: TaskFunction, region: string): Alias {
    const found = new CustomResource(this, `${pascalCase(region)}Entrance`, {
      resourceType: entranceType,
      serviceToken: finder.functionArn,
      properties: { Region: region, LoadBalancer: loadBalancerName(this.environmentName) },
    });
    found.node.addDependency(finder);
    return {
      dnsName: found.getAttString('DnsName'),
      hostedZoneId: found.getAttString('HostedZoneId'),
      // Nothing but the switch moves traffic.
      evaluateTargetHealth: false,
    };
  }

  private finder({ name, platform }: Environment, functions: ReadonlyMap<string, string>): TaskFunction {
    const encryptionKey = new EncryptionKey(this, 'Key', {
      alias: `mainstay/${name}/traffic`,
      description: `Logs and settings of the function that finds the load balancers of ${name}`,
      logGroupNames: [functionLogGroups(name)],
    });
    return new TaskFunction(this, 'FindEntrance', {
      task: entranceTask,
      environmentName: name,
      description: "Finds a region's load balancer for CloudFormation",
      bundle: bundleOf(functions, entranceTask),
      timeoutSeconds: 420,
      memoryMebibytes: 256,
      environment: { MAINSTAY_ENVIRONMENT: name },
      grants: [
        { actions: ['elasticloadbalancing:DescribeLoadBalancers'], resources: ['*'], because: 'noResourceLevel' },
      ],
      encryptionKey,
      logRetention: retentionOf(platform.cluster.logRetentionDays),
    });
  }
}

function primaryOf(setIdentifier: string, check: CfnHealthCheck) {
  return { failover: 'PRIMARY', setIdentifier, healthCheckId: check.attrHealthCheckId } as const;
}

function secondaryOf(setIdentifier: string) {
  return { failover: 'SECONDARY', setIdentifier } as const;
}

function text(value: string) {
  return { resourceRecords: [`"${value}"`] };
}

function aliasTo(aliases: ReadonlyMap<string, Alias>, region: string): { readonly aliasTarget: Alias } {
  const aliasTarget = aliases.get(region);
  if (!aliasTarget) throw new RangeError(`No load balancer was looked for in ${region}.`);
  return { aliasTarget };
}

/** `api.aeon.example.com` → `ApiAeonExampleCom`. */
function idOf(host: string): string {
  return pascalCase(host.replaceAll('.', '-'));
}
