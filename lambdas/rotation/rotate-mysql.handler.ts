import { mysqlServer } from '../mysql/login-server.ts';
import { rotationHandler } from './wiring.ts';

export const handler = rotationHandler(['mysql'], { mysql: mysqlServer() });
