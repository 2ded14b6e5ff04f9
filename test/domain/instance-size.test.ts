import { expect, it } from 'vitest';
import { instanceSize } from '../../domain/instance-size.ts';

it.each([
  ['t3.large', 2000, 8],
  ['t3.xlarge', 4000, 16],
  ['t3.2xlarge', 8000, 32],
  ['r6i.2xlarge', 8000, 64],
  ['c7g.16xlarge', 64_000, 128],
])('%s has %i millicores and %i GiB', (type, cpuMillicores, gibibytes) => {
  expect(instanceSize(type)).toEqual({ cpuMillicores, memoryMebibytes: gibibytes * 1024 });
});

it.each(['t3.micro', 'u-6tb1.metal', 'g5.xlarge', 'm7i.metal-24xl'])('does not guess %s', (type) => {
  expect(instanceSize(type)).toBeUndefined();
});
