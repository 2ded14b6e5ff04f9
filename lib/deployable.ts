import type { Platform } from '../platforms/schema.ts';
import { pathText } from '../platforms/violation.ts';
import { type Environment, pascalCase } from './environment.ts';
import { NotYetDeployable } from './not-yet-deployable.ts';

/** What no stack makes: where it stands in the definition, why it can't be, and what to do instead. */
interface Refusal {
  readonly path: string;
  readonly because: string;
  readonly remedy: string;
}

/**
 * Refuses a sound definition that asks for what no stack makes, with all of it at once: better no deployment than one that leaves something
 * out in silence. Alarms that nobody watches are refused where they are made. Throws NotYetDeployable.
 */
export function requireDeployable({ platform }: Pick<Environment, 'platform'>): void {
  const refusals = refusalsOf(platform);
  if (refusals.length > 0) throw notYetDeployable(platform.name, refusals);
}

type Definition = Pick<Platform, 'gateway' | 'databases' | 'stores' | 'promotion' | 'backups'>;

function refusalsOf(platform: Definition): Refusal[] {
  return [
    ...refusedInGateway(platform),
    ...refusedInDatabases(platform),
    ...refusedInStores(platform),
    ...refusedInPromotion(platform),
    ...refusedInBackups(platform),
  ];
}

function refusedInGateway(platform: Definition): Refusal[] {
  if (!platform.gateway.requestLimit) return [];
  return [
    {
      path: 'gateway.requestLimit',
      because: 'needs a web ACL, which no stack makes yet',
      remedy: 'Take it out, or limit requests in the service.',
    },
  ];
}

function refusedInDatabases(platform: Definition): Refusal[] {
  return platform.databases.flatMap(({ engine, connections }, index): Refusal[] => [
    ...(engine === 'postgres'
      ? []
      : [
          {
            path: `databases[${index}].engine`,
            because: `${engine} would stand without its users, and its backups without a manifest to be proven by: users, heartbeat and manifest are made for postgres alone yet. ${rotationAlone(engine)}`,
            remedy:
              "Use 'postgres', or make the database outside this definition and reach it by a peer of kind 'cidr'.",
          },
        ]),
    ...(connections?.pooled
      ? [
          {
            path: `databases[${index}].connections.pooled`,
            because: 'asks for an RDS Proxy, which no stack makes yet',
            remedy: 'Set it to false, and pool in the service.',
          },
        ]
      : []),
  ]);
}

const triedOn = {
  mysql: 'a real MariaDB, not on MySQL itself',
  rabbitmq: 'a real RabbitMQ',
  redis: 'a real Redis',
} as const;

/** What of such a server is there, and what keeps its logins from rotating in a deployment. */
function rotationAlone(kind: keyof typeof triedOn): string {
  return (
    `The function that rotates ${kind} logins is built and tried on ${triedOn[kind]} (npm run test:services); missing are who makes its first ` +
    `user, the parameter with its host and port in each region, its door for that function, and a modelled ${kind} server for rehearsals`
  );
}

function refusedInStores(platform: Definition): Refusal[] {
  return platform.stores.flatMap(({ kind }, index): Refusal[] =>
    kind === 'volume'
      ? []
      : [
          {
            path: `stores[${index}].kind`,
            because: `no stack makes a store of kind '${kind}' yet. ${rotationAlone(kind)}`,
            remedy: "Take it out, and reach a server that stands elsewhere by a peer of kind 'cidr' or 'pods'.",
          },
        ],
  );
}

function refusedInPromotion(platform: Definition): Refusal[] {
  if (platform.promotion.automaticRollback) return [];
  return [
    {
      path: 'promotion.automaticRollback',
      because: 'alarms always roll back: nothing lets a promotion go on under an alarm yet',
      remedy: 'Set it to true.',
    },
  ];
}

/**
 * A part of the definition that has the name of a part of its stack: the CDK would make both under one id. The error to throw instead of
 * the CDK's, undefined for any other error.
 */
export function takenName(error: unknown, { platform }: Environment): NotYetDeployable | undefined {
  const [, id] =
    /There is already a Construct with name '([^']+)'/.exec(error instanceof Error ? error.message : '') ?? [];
  const { services, databases, secrets, images } = platform;
  const named: readonly [readonly string[], readonly { readonly name: string }[]][] = [
    [['services'], services],
    [['databases'], databases],
    [['secrets', 'entries'], secrets.entries],
    [['images', 'repositories'], images.repositories],
  ];
  const refusals = named.flatMap(([path, parts]) =>
    parts.flatMap(({ name }, index): Refusal[] =>
      pascalCase(name) === id
        ? [
            {
              path: pathText([...path, index, 'name']),
              because: `'${name}' is what a stack calls a part of its own`,
              remedy: 'Take another name.',
            },
          ]
        : [],
    ),
  );
  return refusals.length === 0 ? undefined : notYetDeployable(platform.name, refusals);
}

function notYetDeployable(platform: string, refusals: readonly Refusal[]): NotYetDeployable {
  const lines = refusals.map(({ path, because, remedy }) => `  ${path}: ${because}\n    ${remedy}`);
  return new NotYetDeployable(`The platform '${platform}' can't be deployed yet.\n${lines.join('\n')}`);
}

function refusedInBackups({ backups }: Definition): Refusal[] {
  if (!backups.recoverySets.beforeEveryDeployment) return [];
  return [
    {
      path: 'backups.recoverySets.beforeEveryDeployment',
      because: 'asks promotions to wait for a recovery set, which none does yet',
      remedy: 'Set it to false, and start the workflow hourly-backup before a promotion.',
    },
  ];
}
