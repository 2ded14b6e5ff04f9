import { closeManifestInput } from '../../domain/workflows/hourly-backup.ts';
import { task } from '../handling/task.ts';
import { closeManifest } from './close-manifest.ts';
import { manifestPorts } from './wiring.ts';

const ports = manifestPorts();

export const handler = task(closeManifestInput, (input) => closeManifest(input, ports));
