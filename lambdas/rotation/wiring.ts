import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { rotationSteps, type SecretKind } from '../../domain/rotation.ts';
import { dynamoInterlock } from '../aws/interlock.ts';
import { ssmParameters } from '../aws/parameters.ts';
import { stepFunctionsRollouts } from '../aws/rollouts.ts';
import { secretVersions } from '../aws/secret-versions.ts';
import { systemClock } from '../handling/clock.ts';
import { commonSettings, interlockTable, rolloutStateMachine, rotatedSecret } from '../handling/environment.ts';
import { parseInput } from '../handling/task.ts';
import type { RotationPorts } from './rotated-value.ts';
import { type RotationStepOutput, rotate } from './steps.ts';

/** What Secrets Manager hands over; a RotationToken beside it is for functions that assume another role. */
const rotationEvent = z.object({
  Step: z.enum(rotationSteps),
  SecretId: z.string().min(1),
  ClientRequestToken: z.string().min(1),
});

/** The ports of a function in AWS, with the servers that it speaks to. */
export function awsPorts(servers: RotationPorts['servers']) {
  const { region } = commonSettings();
  return {
    clock: systemClock,
    parameters: ssmParameters(region),
    secrets: secretVersions(region),
    interlock: dynamoInterlock(region, interlockTable(), systemClock),
    rollouts: stepFunctionsRollouts(region, rolloutStateMachine()),
    servers,
  };
}

/** A rotation function for these kinds. Logs which step of which version it did, and never a value. */
export function rotationHandler(
  kinds: readonly SecretKind[],
  servers: RotationPorts['servers'],
): (event: unknown, context: Context) => Promise<RotationStepOutput> {
  const logger = new Logger();
  const settings = { environment: commonSettings().environment, secret: rotatedSecret(), kinds };
  const ports = awsPorts(servers);
  return async (event, context) => {
    logger.addContext(context);
    const parsed = parseInput(rotationEvent, event);
    const about = { secret: settings.secret, step: parsed.Step, version: parsed.ClientRequestToken };
    try {
      const output = await rotate(parsed, settings, ports);
      logger.info('done', { ...about, did: output.did });
      return output;
    } catch (error) {
      logger.error('failed', { ...about, error: error as Error });
      throw error;
    }
  };
}
