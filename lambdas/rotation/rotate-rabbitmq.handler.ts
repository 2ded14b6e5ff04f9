import { amazonMq, rabbitmqServer } from '../rabbitmq/login-server.ts';
import { rotationHandler } from './wiring.ts';

export const handler = rotationHandler(['rabbitmq'], { rabbitmq: rabbitmqServer(amazonMq) });
