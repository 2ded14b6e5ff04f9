/** What one EC2 instance has. */
export interface InstanceSize {
  readonly cpuMillicores: number;
  readonly memoryMebibytes: number;
}

/** GiB of memory a vCPU, by the family's letter: https://docs.aws.amazon.com/ec2/latest/instancetypes/ */
const gibibytesPerVirtualProcessor: Readonly<Record<string, number>> = { c: 2, m: 4, t: 4, r: 8, x: 16 };

/**
 * Size of an instance type of the common families (c, m, r, t, x) from `large` up, where size and family decide it. Undefined for
 * any other type.
 */
export function instanceSize(type: string): InstanceSize | undefined {
  const match = /^([cmrtx])\d+[a-z]*\.(?:(\d+)?x?large)$/.exec(type);
  const perProcessor = gibibytesPerVirtualProcessor[match?.[1] ?? ''];
  if (!match || perProcessor === undefined) return undefined;
  const size = type.slice(type.indexOf('.') + 1);
  const processors = size === 'large' ? 2 : 4 * Number(match[2] ?? 1);
  return { cpuMillicores: processors * 1000, memoryMebibytes: processors * perProcessor * 1024 };
}
