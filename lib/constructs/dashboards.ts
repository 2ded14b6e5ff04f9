import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Dashboard, type IWidget, PeriodOverride } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { pascalCase } from '../environment.ts';

export interface DashboardsProps {
  readonly environmentName: string;
  /** What each shows, from above: `cluster`, `application`, … */
  readonly rows: Readonly<Record<string, readonly (readonly IWidget[])[]>>;
}

/**
 * Dashboards named `mainstay-<environment>-<subject>`, with where to find them. An account has each name once, whatever the region:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html Each costs $3 a month.
 */
export class Dashboards extends Construct {
  constructor(scope: Construct, id: string, { environmentName, rows }: DashboardsProps) {
    super(scope, id);
    const { region } = Stack.of(this);
    for (const [subject, widgets] of Object.entries(rows)) {
      const dashboardName = `mainstay-${environmentName}-${subject}`;
      new Dashboard(this, pascalCase(subject), {
        dashboardName,
        widgets: widgets.map((row) => [...row]),
        defaultInterval: Duration.hours(3),
        periodOverride: PeriodOverride.INHERIT,
      });
      new CfnOutput(Stack.of(this), `${pascalCase(subject)}Dashboard`, {
        value: `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboardName}`,
        description: `Dashboard: ${subject}`,
      });
    }
  }
}
