import type { Service } from '../schema.ts';
import { type Finding, rule } from '../violation.ts';

/** Both ends of a connection between services allow it, on a port that the called one has. All else is denied. */
export const connectionsMeet = rule(['services'], function connectionsMeet({ services }) {
  return services.flatMap((caller, index) =>
    caller.network.egress.flatMap(({ peer, ports }, position): Finding[] => {
      if (peer.kind !== 'service') return [];
      const called = services.find((service) => service.name === peer.service);
      if (!called) return [];
      const path = ['services', index, 'network', 'egress', position];
      const accepted = called.network.ingress.flatMap((connection) =>
        connection.peer.kind === 'service' && connection.peer.service === caller.name ? connection.ports : [],
      );
      return ports.flatMap((port, at): Finding[] =>
        accepted.includes(port)
          ? []
          : [
              {
                path: [...path, 'ports', at],
                value: port,
                allowed:
                  accepted.length > 0
                    ? `a port that ${called.name} accepts from ${caller.name}: ${accepted.join(', ')}`
                    : 'none',
                remedy: `Add ${caller.name} with that port to the ingress of ${called.name}, or take the connection out.`,
              },
            ],
      );
    }),
  );
});

/** A service accepts connections on its own ports only, and the gateway reaches a routed one. */
export const ingressFitsPorts = rule(['services'], function ingressFitsPorts({ services }) {
  return services.flatMap((service, index): Finding[] => {
    const own = portsOf(service);
    const wrong = service.network.ingress.flatMap(({ ports }, position) =>
      ports.flatMap((port, at): Finding[] =>
        own.includes(port)
          ? []
          : [
              {
                path: ['services', index, 'network', 'ingress', position, 'ports', at],
                value: port,
                allowed: `one of the service's ports: ${own.join(', ')}`,
                remedy: 'Nothing listens there. Correct the port.',
              },
            ],
      ),
    );
    const reached = service.network.ingress.some(
      ({ peer, ports }) => peer.kind === 'gateway' && ports.includes(service.port),
    );
    if (Boolean(service.route) === reached) return wrong;
    return [
      ...wrong,
      {
        path: ['services', index, 'network', 'ingress'],
        value: service.network.ingress,
        allowed: service.route ? `the gateway on port ${service.port}` : 'no gateway, for a service without a route',
        remedy: service.route
          ? 'Allow the gateway in, or the route leads nowhere.'
          : 'Give the service a route, or keep the gateway out.',
      },
    ];
  });
});

/** Two ports of one container differ. */
export const portsDiffer = rule(['services'], function portsDiffer({ services }) {
  return services.flatMap((service, index): Finding[] =>
    service.metricsPort === service.port
      ? [
          {
            path: ['services', index, 'metricsPort'],
            value: service.metricsPort,
            allowed: `another port than ${service.port}`,
            remedy: 'Leave metricsPort out when the metrics are served on the same port.',
          },
        ]
      : [],
  );
});

function portsOf(service: Service): number[] {
  return [service.port, ...(service.metricsPort === undefined ? [] : [service.metricsPort])];
}
