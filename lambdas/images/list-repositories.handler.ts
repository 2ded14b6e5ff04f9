import { listRepositoriesInput } from '../../domain/workflows/image-retention.ts';
import { ecrImageRepositories } from '../aws/image-repositories.ts';
import { dynamoReign } from '../aws/reign.ts';
import { commonSettings, definedPrimary, imageRetention, interlockTable } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { listRepositories } from './list-repositories.ts';

const { region } = commonSettings();
const ports = {
  repositories: ecrImageRepositories(),
  settings: imageRetention(),
  region,
  reign: dynamoReign(region, interlockTable(), definedPrimary()),
};

export const handler = task(listRepositoriesInput, (input) => listRepositories(input, ports));
