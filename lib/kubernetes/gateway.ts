import type { StagedPlatform } from '../../platforms/stage.ts';
import { environmentLabels, type KubernetesObject } from './object.ts';

/** Name of the Gateway, of its load balancer's configuration, and of the listener that routes attach to. */
export const gatewayName = 'gateway';
export const gatewayClassName = 'alb';

/** An Application Load Balancer's name has 32 characters at most, and no hyphen at its end. */
export function loadBalancerName(environment: string): string {
  return environment.slice(0, 32).replace(/-+$/, '');
}

/**
 * The way in: one Gateway, which the AWS Load Balancer Controller makes into one Application Load Balancer. It finds the
 * certificate in ACM by the routes' hostnames: a listener's certificateRefs cannot name one there.
 * https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/gateway/gateway/
 */
export function gatewayObjects(platform: StagedPlatform, environment: string): readonly KubernetesObject[] {
  const { scheme, protocol } = platform.gateway;
  const secure = protocol === 'https';
  const port = secure ? 443 : 80;
  const listener = secure ? 'HTTPS' : 'HTTP';
  const common = { namespace: environment, labels: environmentLabels(environment) };
  return [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: gatewayClassName, labels: environmentLabels(environment) },
      spec: { controllerName: 'gateway.k8s.aws/alb' },
    },
    {
      apiVersion: 'gateway.k8s.aws/v1',
      kind: 'LoadBalancerConfiguration',
      metadata: { name: gatewayName, ...common },
      spec: {
        loadBalancerName: loadBalancerName(environment),
        scheme,
        // TLS 1.2 with forward secrecy, or 1.3. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
        ...(secure
          ? {
              listenerConfigurations: [
                { protocolPort: `${listener}:${port}`, sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' },
              ],
            }
          : {}),
        loadBalancerAttributes: [
          { key: 'deletion_protection.enabled', value: String(platform.stage === 'production') },
          { key: 'routing.http.drop_invalid_header_fields.enabled', value: 'true' },
          { key: 'routing.http.desync_mitigation_mode', value: 'defensive' },
        ],
        tags: { 'mainstay:environment': environment },
      },
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: gatewayName, ...common },
      spec: {
        gatewayClassName,
        infrastructure: {
          parametersRef: { group: 'gateway.k8s.aws', kind: 'LoadBalancerConfiguration', name: gatewayName },
        },
        listeners: [{ name: protocol, protocol: listener, port, allowedRoutes: { namespaces: { from: 'Same' } } }],
      },
    },
  ];
}
