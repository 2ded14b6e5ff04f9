import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import {
  databaseEndpointParameterName,
  databaseInstanceName,
  heartbeatSecretName,
  masterSecretName,
} from '../../domain/databases.ts';
import {
  type FailoverDatabase,
  type FailoverPlan,
  type FailoverService,
  failoverDatabaseParameterName,
  failoverPlanParameterName,
  failoverServiceParameterName,
} from '../../domain/failover-plan.ts';
import { backupWindow } from '../database-engines.ts';
import { type Environment, pascalCase } from '../environment.ts';
import { entranceOf } from './entrance.ts';

/** Where a definition does not say how often its databases are looked at: as often as the guard renews, and three looks. */
const databaseChecksUnlessTold = { everySeconds: 10, actAfterSeconds: 30 } as const;

/** How the platform moves; the same in both regions. Throws RangeError for a platform without a standby. */
export function failoverPlanOf({ name, platform }: Environment): FailoverPlan {
  const { regions, recovery, gateway, databases, cluster, stores } = platform;
  if (!regions.standby) throw new RangeError(`${name} has no standby to move to.`);
  // A platform moves as one: the narrowest objective is everybody's.
  const objectives = [recovery.platform, ...(recovery.criticalServices ? [recovery.criticalServices] : [])];
  const strictest = (of: 'recoveryTimeMinutesMax' | 'recoveryPointMinutesMax') =>
    Math.min(...objectives.map((objective) => objective[of])) * 60;
  const window = databases[0]?.maintenanceWindow;
  return {
    platform: platform.name,
    environment: name,
    regions: { primary: regions.primary.name, standby: regions.standby.name },
    witness: recovery.fencing?.witness ?? null,
    decision: recovery.decision,
    whenUnproven: recovery.fencing?.whenUnproven ?? 'ask',
    recoverySeconds: strictest('recoveryTimeMinutesMax'),
    recoveryPointSeconds: strictest('recoveryPointMinutesMax'),
    databaseRecoverySeconds: (recovery.database ?? recovery.platform).recoveryTimeMinutesMax * 60,
    databaseChecks: recovery.databaseChecks ?? databaseChecksUnlessTold,
    switchWindow: window ? { ...window } : null,
    zone: gateway.dns?.zoneName ?? null,
    entrance: entranceOf({ name, platform }),
    nodeGroups: cluster.nodeGroups.map((group) => ({
      name: group.name,
      desired: group.capacity.desired,
      maximum: group.capacity.maximum,
      minimum: group.capacity.minimum,
    })),
    volumes: stores.flatMap((store) => (store.kind === 'volume' && store.snapshots ? [store.name] : [])),
  };
}

/** What functions of a failover read in their own region: a parameter for the platform, and one for each database and service. */
export class FailoverParameters extends Construct {
  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    const { name, platform } = environment;
    const put = (of: string, parameterName: string, value: FailoverPlan | FailoverDatabase | FailoverService) =>
      new StringParameter(this, of, {
        parameterName,
        description: `How ${name} moves; written from the platform's definition`,
        stringValue: JSON.stringify(value),
      });
    put('Plan', failoverPlanParameterName(name), failoverPlanOf(environment));
    for (const database of platform.databases.filter(({ replicas }) => replicas.crossRegion)) {
      const { automatedBackups, multipleZones } = database;
      put(`${pascalCase(database.name)}Database`, failoverDatabaseParameterName(name, database.name), {
        name: database.name,
        instance: databaseInstanceName(name, database.name),
        multipleZones,
        backups: { retentionDays: automatedBackups.retentionDays, window: backupWindow(automatedBackups) },
        masterSecret: masterSecretName(name, database.name),
        heartbeatSecret: heartbeatSecretName(name, database.name),
        endpointParameter: databaseEndpointParameterName(name, database.name),
      });
    }
    for (const [order, service] of platform.services.entries()) {
      const { initial, minimum } = service.replicas;
      put(`${pascalCase(service.name)}Service`, failoverServiceParameterName(name, service.name), {
        name: service.name,
        routed: service.route !== undefined,
        nodeGroup: service.nodeGroup,
        initial,
        minimum,
        order,
        namespace: name,
      });
    }
  }
}
