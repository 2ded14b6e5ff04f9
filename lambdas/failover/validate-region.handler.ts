import { validateRegionInput } from '../../domain/workflows/region-failover.ts';
import { httpsEntrance } from '../aws/entrance.ts';
import { secretLogins } from '../aws/secrets.ts';
import { clusterSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesServingCluster } from '../kubernetes/serving-cluster.ts';
import { checksOf, readerLogin } from '../manifest/opened.ts';
import { askInvariants } from '../postgres/invariants.ts';
import { withLongSession } from '../postgres/session.ts';
import { mastersOf, withMaster } from './masters.ts';
import { wholePlanOf } from './plans.ts';
import { validateRegion } from './validate-region.ts';
import { failoverPorts } from './wiring.ts';

const { environment, region, parameters } = failoverPorts();
const logins = secretLogins(region);
const cluster = new KubernetesServingCluster(new KubernetesClient(clusterSettings()));
const entrance = httpsEntrance();

async function invariantsOf(database: string) {
  const { invariants } = await checksOf(environment, database, parameters);
  if (invariants.length === 0) return [];
  const login = await readerLogin(environment, database, { logins, parameters });
  return withLongSession(login, (session) => askInvariants(session, invariants));
}

export const handler = task(validateRegionInput, async (input) => {
  const { plan, databases, services } = await wholePlanOf(environment, parameters);
  const masters = await mastersOf(databases, { logins, parameters });
  const promoted = { databases: masters, withDatabase: withMaster };
  return validateRegion(input, { ...promoted, region, plan, services, cluster, entrance, invariantsOf });
});
