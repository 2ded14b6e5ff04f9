import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { answerCloudFormation } from '../aws/cloudformation.ts';
import { secretLogins } from '../aws/secrets.ts';
import { commonSettings } from '../handling/environment.ts';
import { databaseAdministration } from '../postgres/administration.ts';
import { inTransaction, withSession } from '../postgres/session.ts';
import { customResourceRequest } from '../workloads/custom-resource.ts';
import { type PreparePorts, prepareDatabase } from './prepare-database.ts';

const logger = new Logger();
const ports: PreparePorts = {
  logins: secretLogins(commonSettings().region),
  administer: (login, use) =>
    withSession(login, (session) => inTransaction(session, () => use(databaseAdministration(session)))),
};

/** Answers CloudFormation whatever happens. A database that goes takes its users with it, so a Delete has nothing to do. */
export async function handler(event: unknown, context: Context): Promise<void> {
  logger.addContext(context);
  const asked = customResourceRequest.parse(event);
  const id = asked.RequestType === 'Create' ? `mainstay-users-${asked.LogicalResourceId}` : asked.PhysicalResourceId;
  let failure: Error | undefined;
  try {
    if (asked.RequestType !== 'Delete') {
      const { users } = await prepareDatabase(asked.ResourceProperties, ports);
      logger.info('done', { users });
    }
  } catch (error) {
    failure = error as Error;
    logger.error('failed', failure);
  }
  await answerCloudFormation(asked, id, failure);
}
