import { assertModelled } from './modelled.ts';
import { AwsError, type ResourceRequest, Unmodelled } from './service.ts';

/** What a health check looks at. */
export type CheckRule =
  | {
      readonly kind: 'endpoint';
      readonly host: string;
      readonly intervalSeconds: number;
      /** Failures in a row that make it unhealthy, and successes that make it healthy again. */
      readonly threshold: number;
    }
  | {
      readonly kind: 'alarm';
      readonly alarm: string;
      readonly region: string;
      readonly withoutData: 'Healthy' | 'Unhealthy' | 'LastKnownStatus';
    }
  | { readonly kind: 'calculated'; readonly children: readonly string[]; readonly least: number };

export interface CheckConfig {
  readonly id: string;
  /** For people: its tag `Name`, else its logical id. */
  readonly name: string;
  readonly inverted: boolean;
  readonly rule: CheckRule;
}

const common = ['Type', 'Inverted'];

/** Reads HealthCheckConfig. Throws AwsError InvalidInput for what Route 53 refuses, Unmodelled. */
export function checkOf({ properties, logicalId }: ResourceRequest, id: string): CheckConfig {
  const config = (properties['HealthCheckConfig'] ?? {}) as Record<string, unknown>;
  const tags = (properties['HealthCheckTags'] ?? []) as { Key: string; Value: string }[];
  const name = tags.find(({ Key }) => Key === 'Name')?.Value ?? logicalId;
  const inverted = config['Inverted'] === true || config['Inverted'] === 'true';
  return { id, name, inverted, rule: ruleOf(config, name) };
}

function ruleOf(config: Record<string, unknown>, name: string): CheckRule {
  switch (config['Type']) {
    case 'HTTPS':
    case 'HTTP':
      return endpointRule(config, name);
    case 'CLOUDWATCH_METRIC':
      return alarmRule(config, name);
    case 'CALCULATED':
      return calculatedRule(config, name);
    default:
      throw new Unmodelled(
        `The health check ${name} is of the type ${config['Type']}; modelled are HTTPS, HTTP, CLOUDWATCH_METRIC, CALCULATED.`,
      );
  }
}

/** Path, port, SNI and the checkers' regions are taken: an endpoint answers alike to all, as its requests do. */
function endpointRule(config: Record<string, unknown>, name: string): CheckRule {
  const taken = [
    'FullyQualifiedDomainName',
    'Port',
    'ResourcePath',
    'EnableSNI',
    'RequestInterval',
    'FailureThreshold',
  ];
  assertModelled(config, [...common, ...taken, 'MeasureLatency', 'Regions'], `The health check ${name}`);
  const intervalSeconds = Number(config['RequestInterval'] ?? 30);
  const threshold = Number(config['FailureThreshold'] ?? 3);
  if (intervalSeconds !== 10 && intervalSeconds !== 30) throw refused(`RequestInterval of ${name} has to be 10 or 30`);
  if (!(threshold >= 1 && threshold <= 10)) throw refused(`FailureThreshold of ${name} has to be 1 to 10`);
  return { kind: 'endpoint', host: String(config['FullyQualifiedDomainName']), intervalSeconds, threshold };
}

function alarmRule(config: Record<string, unknown>, name: string): CheckRule {
  assertModelled(config, [...common, 'AlarmIdentifier', 'InsufficientDataHealthStatus'], `The health check ${name}`);
  const { Name: alarm, Region: region } = (config['AlarmIdentifier'] ?? {}) as Record<string, string | undefined>;
  if (alarm === undefined || region === undefined) throw refused(`AlarmIdentifier of ${name} needs Name and Region`);
  const withoutData = (config['InsufficientDataHealthStatus'] ?? 'LastKnownStatus') as 'LastKnownStatus';
  if (!['Healthy', 'Unhealthy', 'LastKnownStatus'].includes(withoutData))
    throw refused(`InsufficientDataHealthStatus of ${name} is ${withoutData}`);
  return { kind: 'alarm', alarm, region, withoutData };
}

function calculatedRule(config: Record<string, unknown>, name: string): CheckRule {
  assertModelled(config, [...common, 'ChildHealthChecks', 'HealthThreshold'], `The health check ${name}`);
  const children = (config['ChildHealthChecks'] ?? []) as string[];
  return { kind: 'calculated', children, least: Number(config['HealthThreshold'] ?? children.length) };
}

function refused(message: string): AwsError {
  return new AwsError('InvalidInput', message);
}
