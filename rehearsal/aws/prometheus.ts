import { useKey } from './encryption.ts';
import type { ServiceModule, World } from './module.ts';
import { AwsError, type ResourceProvider, type ResourceRequest, Unmodelled } from './service.ts';
import type { SnsService } from './sns.ts';

interface Receiver {
  readonly name: string;
  readonly sns_configs?: readonly { readonly topic_arn?: string; readonly sigv4?: { readonly region?: string } }[];
}

interface AlertManager {
  readonly route: { readonly receiver: string; readonly routes?: readonly { readonly receiver: string }[] };
  readonly receivers: readonly Receiver[];
}

interface Rule {
  readonly alert?: string;
  readonly expr?: string;
  readonly for?: string;
  readonly labels?: { readonly severity?: string };
}

/**
 * Amazon Managed Service for Prometheus as a deployment sees it: definitions are read and the alert manager's right to publish is judged.
 * Nothing is scraped and PromQL is not evaluated, so no rule fires. Definitions that are YAML but not JSON are Unmodelled.
 */
export function createPrometheus(world: World): ServiceModule {
  const managers = new Map<string, AlertManager | undefined>();
  return { providers: [workspace(world, managers), rules(managers), scraper(managers)] };
}

function workspace(world: World, managers: Map<string, AlertManager | undefined>): ResourceProvider {
  return {
    type: 'AWS::APS::Workspace',
    modelled: ['AlertManagerDefinition'],
    inert: {
      Alias: 'a name for people',
      KmsKeyArn: 'measurements are not stored',
      LoggingConfiguration: 'no rule is evaluated, so none leaves a line',
      Tags: 'tags change nothing that runs',
    },
    create(request) {
      const { region, account, properties } = request;
      const id = `ws-${world.account.nextId('workspace', 'uuid')}`;
      const arn = `arn:aws:aps:${region}:${account}:workspace/${id}`;
      const definition = properties['AlertManagerDefinition'];
      const manager = definition === undefined ? undefined : readAlertManager(String(definition));
      if (manager) checkReceivers(world, request, arn, manager);
      managers.set(arn, manager);
      return {
        ref: arn,
        attributes: {
          Arn: arn,
          WorkspaceId: id,
          PrometheusEndpoint: `https://aps-workspaces.${region}.amazonaws.com/workspaces/${id}/`,
        },
      };
    },
  };
}

/** https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-alertmanager-config.html */
function readAlertManager(definition: string): AlertManager {
  const { alertmanager_config: text } = read<{ alertmanager_config?: string }>(definition, 'alert manager definition');
  if (typeof text !== 'string') throw invalid('The alert manager definition has no alertmanager_config.');
  const manager = read<AlertManager>(text, 'alertmanager_config');
  const known = new Set(manager.receivers.map(({ name }) => name));
  const asked = [manager.route, ...(manager.route.routes ?? [])].map(({ receiver }) => receiver);
  const unknown = asked.filter((receiver) => !known.has(receiver));
  if (unknown.length > 0) throw invalid(`undefined receiver ${unknown.join(', ')} used in route`);
  return manager;
}

/** https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-alertmanager-receiver-AMPpermission.html. AWS notices on the first alert; that is too late here. */
function checkReceivers(world: World, request: ResourceRequest, workspaceArn: string, manager: AlertManager): void {
  const principal = { kind: 'service', service: 'aps.amazonaws.com', sourceArn: workspaceArn } as const;
  const { region, account } = request;
  for (const { name, sns_configs: topics = [] } of manager.receivers) {
    for (const { topic_arn: topicArn, sigv4 } of topics) {
      if (!topicArn || sigv4?.region === undefined)
        throw invalid(`The receiver ${name} needs topic_arn and sigv4.region.`);
      const topic = world.account.service<SnsService>('sns').topic(topicArn);
      world.account.authorise(principal, region, [{ action: 'sns:Publish', resources: [topicArn] }]);
      if (topic.keyId === undefined) continue;
      useKey(
        world.account,
        { principal, region, account, requestId: name },
        {
          key: topic.keyId,
          service: 'sns',
          encryptionContext: { 'aws:sns:topicArn': topicArn },
          refusal: 'KMSAccessDeniedException',
        },
      );
    }
  }
}

function rules(managers: ReadonlyMap<string, AlertManager | undefined>): ResourceProvider {
  return {
    type: 'AWS::APS::RuleGroupsNamespace',
    modelled: ['Name', 'Workspace', 'Data'],
    inert: { Tags: 'tags change nothing that runs' },
    create({ properties }) {
      const workspaceArn = String(properties['Workspace']);
      const manager = managerOf(managers, workspaceArn);
      const { groups } = read<{ groups?: { name?: string; rules?: Rule[] }[] }>(String(properties['Data']), 'rules');
      if (!groups || groups.length === 0) throw invalid('The rules have no groups.');
      for (const rule of groups.flatMap((group) => group.rules ?? [])) checkRule(rule, manager);
      const arn = workspaceArn.replace(':workspace/', ':rulegroupsnamespace/').concat(`/${properties['Name']}`);
      return { ref: arn, attributes: { Arn: arn } };
    },
  };
}

function checkRule({ alert, expr, for: pending, labels }: Rule, manager: AlertManager | undefined): void {
  if (!alert) throw new Unmodelled(`A rule without 'alert' is not modelled: ${expr}.`);
  if (!expr || !isBalanced(expr)) throw invalid(`The expression of ${alert} does not close what it opens: ${expr}`);
  if (pending !== undefined && !/^\d+[smhd]$/.test(pending)) throw invalid(`The rule ${alert} waits for '${pending}'.`);
  const severity = labels?.severity;
  const receivers = manager?.receivers.map(({ name }) => name) ?? [];
  if (severity === undefined || !receivers.includes(severity))
    throw invalid(`The rule ${alert} has the severity '${severity}', for which there is no receiver.`);
}

/** Parentheses, brackets and braces, outside of quoted text. */
function isBalanced(expression: string): boolean {
  const closing: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
  const open: string[] = [];
  for (const character of expression.replaceAll(/"(?:[^"\\]|\\.)*"/g, '')) {
    if ('([{'.includes(character)) open.push(character);
    else if (character in closing && open.pop() !== closing[character]) return false;
  }
  return open.length === 0;
}

function scraper(managers: ReadonlyMap<string, AlertManager | undefined>): ResourceProvider {
  return {
    type: 'AWS::APS::Scraper',
    modelled: ['ScrapeConfiguration', 'Destination'],
    inert: {
      Alias: 'a name for people',
      Source: 'nothing is scraped: the simulated cluster publishes no series',
      RoleConfiguration: 'one account',
      ScraperLoggingConfiguration: 'nothing is scraped',
      Tags: 'tags change nothing that runs',
    },
    create(request) {
      const { properties, region, account, stackName, logicalId } = request;
      const destination = properties['Destination'] as { AmpConfiguration?: { WorkspaceArn?: string } };
      managerOf(managers, String(destination.AmpConfiguration?.WorkspaceArn));
      const { ConfigurationBlob: blob = '' } = properties['ScrapeConfiguration'] as { ConfigurationBlob?: string };
      const text = Buffer.from(blob, 'base64').toString('utf8');
      const { scrape_configs: jobs } = read<{ scrape_configs?: { job_name?: string }[] }>(text, 'scrape configuration');
      if (!jobs || jobs.some(({ job_name: job }) => !job))
        throw invalid('The scrape configuration has a job without a name, or none.');
      const arn = `arn:aws:aps:${region}:${account}:scraper/s-${stackName}-${logicalId}`;
      return { ref: arn, attributes: { Arn: arn, ScraperId: `s-${stackName}-${logicalId}` } };
    },
  };
}

function managerOf(
  managers: ReadonlyMap<string, AlertManager | undefined>,
  workspaceArn: string,
): AlertManager | undefined {
  if (managers.has(workspaceArn)) return managers.get(workspaceArn);
  throw new AwsError('ResourceNotFoundException', `Workspace not found: ${workspaceArn}`, 404);
}

function read<T>(text: string, what: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Unmodelled(`The ${what} is not JSON; YAML beyond JSON is not modelled.`);
  }
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
