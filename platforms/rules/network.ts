import { type AddressRange, contains, overlaps, parseCidr } from '../../domain/cidr.ts';
import type { Place, Platform } from '../schema.ts';
import { type Finding, type Path, rule } from '../violation.ts';

interface PlacedRange {
  readonly path: Path;
  readonly text: string;
  readonly range: AddressRange;
}

/** Every range is aligned to its prefix, and VPC and subnets have sizes that a VPC may have: /16 to /28. */
export const addressRangesAreWellFormed = rule(['regions', 'cluster'], function addressRangesAreWellFormed(platform) {
  const inVpcs = placesOf(platform).flatMap(({ place, path }) => [
    { path: [...path, 'vpc', 'cidr'], text: place.vpc.cidr },
    ...subnetsOf(place, path),
  ]);
  const endpoint = platform.cluster.publicEndpointCidrs.map((text, index) => ({
    path: ['cluster', 'publicEndpointCidrs', index],
    text,
  }));
  return [
    ...inVpcs.flatMap(({ path, text }): Finding[] => {
      const range = parseCidr(text);
      if (range && range.prefixLength >= 16 && range.prefixLength <= 28) return [];
      return [
        {
          path,
          value: text,
          allowed: 'an aligned IPv4 range from /16 to /28, such as 10.0.0.0/16',
          remedy: 'Clear the bits behind the prefix and choose a size that a VPC allows.',
        },
      ];
    }),
    ...endpoint.flatMap(({ path, text }): Finding[] => {
      const range = parseCidr(text);
      if (range && range.prefixLength >= 8) return [];
      return [
        {
          path,
          value: text,
          allowed: 'an aligned IPv4 range of /8 or smaller',
          remedy:
            "The cluster's endpoint must not be open to the world. List your own ranges, or none for a private endpoint.",
        },
      ];
    }),
  ];
});

/** Subnets lie inside their VPC and apart from each other. */
export const subnetsLieInTheirVpc = rule(['regions'], function subnetsLieInTheirVpc(platform) {
  return placesOf(platform).flatMap(({ place, path }): Finding[] => {
    const vpc = parseCidr(place.vpc.cidr);
    const subnets = subnetsOf(place, path).flatMap(({ path: at, text }): PlacedRange[] => {
      const range = parseCidr(text);
      return range ? [{ path: at, text, range }] : [];
    });
    const outside = subnets.filter(({ range }) => vpc && !contains(vpc, range));
    return [
      ...outside.map(({ path: at, text }) => ({
        path: at,
        value: text,
        allowed: `a range inside the VPC's ${place.vpc.cidr}`,
        remedy: 'Move the subnet into the VPC, or widen the VPC.',
      })),
      ...subnets.flatMap((subnet, index) => {
        const other = subnets.slice(0, index).find((earlier) => overlaps(earlier.range, subnet.range));
        if (!other) return [];
        return [
          {
            path: subnet.path,
            value: subnet.text,
            allowed: `a range apart from ${other.text}`,
            remedy: 'Give each subnet addresses of its own.',
          },
        ];
      }),
    ];
  });
});

/** Zones belong to the region; EKS and Multi-AZ databases need two, and public and private subnets stand in the same. */
export const zonesSuffice = rule(['regions'], function zonesSuffice(platform) {
  return placesOf(platform).flatMap(({ place, path }): Finding[] => {
    const findings: Finding[] = [];
    const groups = { publicSubnets: place.vpc.publicSubnets, privateSubnets: place.vpc.privateSubnets };
    for (const [kind, subnets] of Object.entries(groups)) {
      const zones = subnets.map((subnet) => subnet.zone);
      subnets.forEach(({ zone }, index) => {
        const at = [...path, 'vpc', kind, index, 'zone'];
        if (zone.slice(0, -1) !== place.name) {
          findings.push({
            path: at,
            value: zone,
            allowed: `a zone of ${place.name}`,
            remedy: 'Name a zone of this region.',
          });
        }
        if (zones.indexOf(zone) < index) {
          findings.push({
            path: at,
            value: zone,
            allowed: 'each zone once',
            remedy: 'Place each subnet in another zone.',
          });
        }
      });
      if (new Set(zones).size < 2) {
        findings.push({
          path: [...path, 'vpc', kind],
          value: zones,
          allowed: 'two zones or more',
          remedy: 'EKS asks for subnets in two zones, and so does a database with a standby: add one.',
        });
      }
    }
    const apart = place.vpc.privateSubnets.findIndex(
      ({ zone }) => !place.vpc.publicSubnets.some((subnet) => subnet.zone === zone),
    );
    if (apart >= 0) {
      findings.push({
        path: [...path, 'vpc', 'privateSubnets', apart, 'zone'],
        value: place.vpc.privateSubnets[apart]?.zone,
        allowed: 'a zone with a public subnet',
        remedy: 'Add a public subnet there: the load balancer must reach the zone.',
      });
    }
    if (place.vpc.natGateways > place.vpc.publicSubnets.length) {
      findings.push({
        path: [...path, 'vpc', 'natGateways'],
        value: place.vpc.natGateways,
        allowed: `${place.vpc.publicSubnets.length} at most, one a public subnet`,
        remedy: 'Lower it, or add public subnets.',
      });
    }
    return findings;
  });
});

/** The two regions' networks must be joinable, and be two; every image must be where it may have to run. */
export const regionsComplement = rule(['regions'], function regionsComplement({ regions }) {
  const { primary, standby, images } = regions;
  const findings: Finding[] = [primary.name, ...(standby ? [standby.name] : [])].flatMap((needed): Finding[] =>
    images.includes(needed)
      ? []
      : [
          {
            path: ['regions', 'images'],
            value: images,
            allowed: `a list with ${needed}`,
            remedy: `Add ${needed}: the platform runs there.`,
          },
        ],
  );
  const repeated = images.findIndex((region, index) => images.indexOf(region) < index);
  if (repeated >= 0) {
    findings.push({
      path: ['regions', 'images', repeated],
      value: images[repeated],
      allowed: 'each region once',
      remedy: 'Take it out.',
    });
  }
  if (!standby) return findings;
  if (standby.name === primary.name) {
    findings.push({
      path: ['regions', 'standby', 'name'],
      value: standby.name,
      allowed: 'another region than the primary',
      remedy: 'A standby in the same region is lost with it. Choose another.',
    });
  }
  const [one, other] = [parseCidr(primary.vpc.cidr), parseCidr(standby.vpc.cidr)];
  if (one && other && overlaps(one, other)) {
    findings.push({
      path: ['regions', 'standby', 'vpc', 'cidr'],
      value: standby.vpc.cidr,
      allowed: `a range apart from the primary's ${primary.vpc.cidr}`,
      remedy: 'Move it: networks that overlap can never be peered.',
    });
  }
  return findings;
});

/** Clear text stays inside. */
export const gatewayIsSafe = rule(['gateway'], function gatewayIsSafe({ gateway }) {
  if (gateway.scheme === 'internal' || gateway.protocol === 'https') return [];
  return [
    {
      path: ['gateway', 'protocol'],
      value: gateway.protocol,
      allowed: 'https, for an internet-facing gateway',
      remedy: "Use https with a certificate in ACM for the services' hostnames, or make the gateway internal.",
    },
  ];
});

function placesOf({ regions }: Pick<Platform, 'regions'>): { place: Place; path: Path }[] {
  return [
    { place: regions.primary, path: ['regions', 'primary'] },
    ...(regions.standby ? [{ place: regions.standby, path: ['regions', 'standby'] }] : []),
  ];
}

function subnetsOf(place: Place, path: Path): { path: Path; text: string }[] {
  return (['publicSubnets', 'privateSubnets'] as const).flatMap((kind) =>
    place.vpc[kind].map((subnet, index) => ({ path: [...path, 'vpc', kind, index, 'cidr'], text: subnet.cidr })),
  );
}
