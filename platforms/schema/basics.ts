import { z } from 'zod';

/** A name that Kubernetes takes as a label (RFC 1123) and that ECR, IAM and CloudFormation take as well. */
export const name = z
  .string()
  .regex(
    /^[a-z]([a-z0-9-]{0,46}[a-z0-9])?$/,
    'lower-case letters, digits and hyphens, 48 at most, starting with a letter',
  );

/** An AWS region's name. */
export const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "a region's name, such as us-east-1");

/** An availability zone's name, such as us-east-1a. Its region is the name without the last letter. */
export const zone = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, "an availability zone's name, such as us-east-1a");

/** IPv4 range in CIDR notation; whether it is aligned and lies where it should is checked by the rules. */
export const cidr = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/, 'an IPv4 range in CIDR notation, such as 10.0.0.0/16');

/** EC2 instance type, such as r6i.2xlarge. */
export const instanceType = z.string().regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, 'an EC2 instance type, such as t3.large');

/** RDS instance class, such as db.r6i.2xlarge. */
export const databaseInstanceType = z
  .string()
  .regex(/^db\.[a-z][a-z0-9-]*\.[a-z0-9-]+$/, 'an RDS instance class, such as db.r6i.2xlarge');

/** TCP port. */
export const port = z.int().min(1).max(65_535);

/** Whole number of 1 or more. */
export const positive = z.int().min(1);

/** Percentage of a whole. */
export const percent = z.number().gt(0).max(100);

/** Time of day in UTC, as HH:MM. */
export const timeOfDayUtc = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day in UTC, as HH:MM');

export const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Weekday = (typeof weekdays)[number];

/** Architectures that images are built for, in ECR's and Kubernetes' words. */
export const architectures = ['amd64', 'arm64'] as const;
