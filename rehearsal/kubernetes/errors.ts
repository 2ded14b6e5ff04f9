/** One reason of a Status: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** A refusal of the API server: becomes the Status object of the answer. `reason` is Kubernetes' own word. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The body of the answer. */
  toStatus(): object {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }
}

/** What an error is about: `deployments.apps "api"`. */
export interface Subject {
  readonly plural: string;
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

function resourceOf(subject: Subject): string {
  return subject.group === '' ? subject.plural : `${subject.plural}.${subject.group}`;
}

function detailsOf(subject: Subject): StatusDetails {
  return { name: subject.name, ...(subject.group ? { group: subject.group } : {}), kind: subject.plural };
}

export function notFound(subject: Subject): ApiError {
  return new ApiError(404, 'NotFound', `${resourceOf(subject)} "${subject.name}" not found`, detailsOf(subject));
}

/** The path leads to no resource of this server, for example because its CRD is not installed. */
export function noSuchResource(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(subject: Subject): ApiError {
  const message = `${resourceOf(subject)} "${subject.name}" already exists`;
  return new ApiError(409, 'AlreadyExists', message, detailsOf(subject));
}

/** Optimistic locking: the resourceVersion that came is not the present one. */
export function modifiedMeanwhile(subject: Subject): ApiError {
  return new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${resourceOf(subject)} "${subject.name}": the object has been modified; ` +
      'please apply your changes to the latest version and try again',
    detailsOf(subject),
  );
}

/** Server-side apply meets fields that other managers own with other values. */
export function applyConflict(causes: readonly StatusCause[]): ApiError {
  const listed =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${causes[0]?.message}: ${causes[0]?.field}`
      : `Apply failed with ${causes.length} conflicts: ${causes.map((cause) => `${cause.message}:\n- ${cause.field}`).join('\n')}`;
  return new ApiError(409, 'Conflict', listed, { causes });
}

export interface Invalidity {
  /** `spec.template.spec.containers[0].image` */
  readonly field: string;
  readonly type: 'Required value' | 'Invalid value' | 'Forbidden' | 'Unsupported value' | 'Not found';
  readonly detail: string;
  readonly value?: unknown;
}

const causeReasons: Readonly<Record<Invalidity['type'], string>> = {
  'Required value': 'FieldValueRequired',
  'Invalid value': 'FieldValueInvalid',
  Forbidden: 'FieldValueForbidden',
  'Unsupported value': 'FieldValueNotSupported',
  'Not found': 'FieldValueNotFound',
};

export function invalid(subject: Subject, found: readonly Invalidity[]): ApiError {
  const causes = found.map(({ field, type, detail, value }) => ({
    reason: causeReasons[type],
    message: `${type}: ${value === undefined ? '' : `${JSON.stringify(value)}: `}${detail}`,
    field,
  }));
  const listed = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const resource = subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`;
  return new ApiError(
    422,
    'Invalid',
    `${resource} "${subject.name}" is invalid: ${listed.length === 1 ? listed[0] : `[${listed.join(', ')}]`}`,
    { ...detailsOf(subject), kind: subject.kind, causes },
  );
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function unauthorized(): ApiError {
  return new ApiError(401, 'Unauthorized', 'Unauthorized');
}

export function forbidden(subject: Subject, message: string): ApiError {
  const named =
    subject.name === ''
      ? `${resourceOf(subject)} is forbidden`
      : `${resourceOf(subject)} "${subject.name}" is forbidden`;
  return new ApiError(403, 'Forbidden', `${named}: ${message}`, detailsOf(subject));
}
