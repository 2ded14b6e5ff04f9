import { redisServer } from '../redis/login-server.ts';
import { rotationHandler } from './wiring.ts';

export const handler = rotationHandler(['redis'], { redis: redisServer() });
