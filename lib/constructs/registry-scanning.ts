import { CfnRegistryScanningConfiguration } from 'aws-cdk-lib/aws-ecr';
import type { Construct } from 'constructs';
import type { Platform } from '../../platforms/schema.ts';

/**
 * Enhanced scanning of the platform's repositories: on push, and again as findings become known. The setting is the whole
 * registry's, one an account and region: a second platform in the same account adds its filter here instead of a stack of
 * its own. https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced.html
 */
export function registryScanning(scope: Construct, platform: Platform): CfnRegistryScanningConfiguration {
  return new CfnRegistryScanningConfiguration(scope, 'Scanning', {
    scanType: 'ENHANCED',
    rules: [
      {
        scanFrequency: platform.images.scan.continuous ? 'CONTINUOUS_SCAN' : 'SCAN_ON_PUSH',
        repositoryFilters: [{ filter: `${platform.name}/*`, filterType: 'WILDCARD' }],
      },
    ],
  });
}
