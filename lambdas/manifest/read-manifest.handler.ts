import { readManifestInput } from '../../domain/workflows/hourly-backup.ts';
import { task } from '../handling/task.ts';
import { takeManifest } from './read-manifest.ts';
import { manifestPorts } from './wiring.ts';

const ports = manifestPorts();

export const handler = task(readManifestInput, (input) => takeManifest(input, ports));
