import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { standbyReleaseParameterName } from '../../domain/names.ts';
import type { Place } from '../../platforms/schema.ts';
import type { Environment } from '../environment.ts';
import { PlatformStack } from './platform-stack.ts';

/**
 * The standby region's place. Databases, recovery and the standby's own cluster come here; today it says which releases a
 * promotion leaves for it. It refers to nothing of the primary, because it is read when the primary is gone.
 */
export class StandbyStack extends PlatformStack {
  constructor(scope: Construct, environment: Environment, standby: Place) {
    const { platform, name } = environment;
    super(scope, {
      environment,
      region: standby.name,
      part: 'Standby',
      description: `${platform.title} (${environment.stage}): the standby in ${standby.name}`,
    });
    new StringParameter(this, 'Standby', {
      parameterName: `/mainstay/${name}/standby`,
      description: 'What this region stands by for',
      stringValue: JSON.stringify({
        platform: platform.name,
        stage: environment.stage,
        primaryRegion: platform.regions.primary.name,
        // Written by promotions (ssm:PutParameter), so that a failover starts what the primary ran.
        releases: platform.services.map((service) => standbyReleaseParameterName(name, service.name)),
      }),
    });
  }
}
