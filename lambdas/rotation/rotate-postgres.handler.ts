import { postgresServer } from '../postgres/login-server.ts';
import { rotationHandler } from './wiring.ts';

export const handler = rotationHandler(['postgres'], { postgres: postgresServer() });
