import { recordVerdictInput } from '../../domain/workflows/restore-test.ts';
import { cloudWatchMeasurements } from '../aws/measurements.ts';
import { snsNotifications } from '../aws/notifications.ts';
import { topicSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { recordVerdict } from './record-verdict.ts';
import { restorePorts } from './wiring.ts';

const common = restorePorts();
const ports = {
  ...common,
  notifications: snsNotifications(common.region, topicSettings()),
  measurements: cloudWatchMeasurements(common.region),
};

export const handler = task(recordVerdictInput, (input) => recordVerdict(input, ports));
