import * as z from 'zod';
import { secretLogins } from '../aws/secrets.ts';
import { systemClock } from '../handling/clock.ts';
import { commonSettings, heartbeatSecret } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { heartbeatRow } from '../postgres/heartbeat-row.ts';
import { withSession } from '../postgres/session.ts';
import { type HeartbeatPorts, heartbeat } from './heartbeat.ts';

const { region } = commonSettings();
const ports: HeartbeatPorts = {
  clock: systemClock,
  logins: secretLogins(region),
  secretName: heartbeatSecret(),
  connect: (login, use) => withSession(login, (session) => use(heartbeatRow(session))),
};

export const handler = task(z.object({}), () => heartbeat(ports));
