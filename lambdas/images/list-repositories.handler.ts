import { listRepositoriesInput } from '../../domain/workflows/image-retention.ts';
import { ecrImageRepositories } from '../aws/image-repositories.ts';
import { imageRetention } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { listRepositories } from './list-repositories.ts';

const ports = { repositories: ecrImageRepositories(), settings: imageRetention() };

export const handler = task(listRepositoriesInput, (input) => listRepositories(input, ports));
