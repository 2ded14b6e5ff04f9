import type { SqlSession } from './session.ts';

/** One thing that a user has by name, as the catalogs keep it. */
export interface Holding {
  /**
   * `right`: a privilege on an object; `default`: one on what is made later; `role`: a membership; `policy`: a row-level policy;
   * `owned`: something of its own; `other`: what is none of these.
   */
  readonly what: 'right' | 'default' | 'role' | 'policy' | 'owned' | 'other';
  /** `TABLE public.orders`, `FOR ROLE x IN SCHEMA y`, a role's name, `name ON table`, a description. */
  readonly target: string;
  /** `SELECT`, `SELECT ("id")`, `SELECT ON TABLES`; of a policy the other roles, quoted. */
  readonly privilege: string;
  /** Role names as they are; of a policy its table's owner. */
  readonly grantor: string;
  /** Role name as it is; undefined: everybody. */
  readonly grantee: string | undefined;
  readonly grantable: boolean;
  /** Of a membership, which ADMIN OPTION makes `grantable`: `INHERIT`, `SET`, both or none. */
  readonly options: string;
}

/** Catalogs with rights, what GRANT calls their objects, and which rows. https://www.postgresql.org/docs/current/ddl-priv.html */
const catalogs: readonly (readonly [catalog: string, target: string, columns: string, acl: string])[] = [
  ['pg_class o', "CASE o.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || o.oid::regclass", "''", 'relacl'],
  ['pg_attribute o', "'TABLE ' || o.attrelid::regclass", "format(' (%I)', o.attname)", 'attacl'],
  ['pg_namespace o', "format('SCHEMA %I', o.nspname)", "''", 'nspacl'],
  ['pg_proc o', "'ROUTINE ' || o.oid::regprocedure", "''", 'proacl'],
  ['pg_type o', "'TYPE ' || o.oid::regtype", "''", 'typacl'],
  ['pg_language o', "format('LANGUAGE %I', o.lanname)", "''", 'lanacl'],
  ['pg_largeobject_metadata o', "'LARGE OBJECT ' || o.oid", "''", 'lomacl'],
  ['pg_foreign_data_wrapper o', "format('FOREIGN DATA WRAPPER %I', o.fdwname)", "''", 'fdwacl'],
  ['pg_foreign_server o', "format('FOREIGN SERVER %I', o.srvname)", "''", 'srvacl'],
  ['pg_database o', "format('DATABASE %I', o.datname)", "''", 'datacl'],
  ['pg_tablespace o', "format('TABLESPACE %I', o.spcname)", "''", 'spcacl'],
  ['pg_parameter_acl o', "'PARAMETER ' || o.parname", "''", 'paracl'],
];

const rights = catalogs.map(
  ([catalog, target, columns, acl]) =>
    `SELECT (${target})::text AS target, (${columns})::text AS columns, x.* FROM pg_catalog.${catalog}, aclexplode(o.${acl}) x`,
);

const laterObjects = `CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES'
  WHEN 'n' THEN 'SCHEMAS' WHEN 'L' THEN 'LARGE OBJECTS' END`;

/**
 * Everything that the clone ($1) has by its name, or gave on, in this database and of the whole server, and the rights and roles
 * of the base ($2) beside it. Memberships of the clone in the base and of the asking user are left out: they belong to the pair.
 */
const statement = `/* mainstay: holdings */
WITH clone AS (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1),
pair AS (SELECT oid FROM pg_catalog.pg_roles WHERE rolname IN ($1, $2)),
rights AS (${rights.join('\n  UNION ALL ')})
SELECT 'right' AS what, target, privilege_type || columns AS privilege, g.rolname::text AS grantor, t.rolname::text AS grantee,
  is_grantable AS grantable, '' AS options
FROM rights r JOIN pg_catalog.pg_roles g ON g.oid = r.grantor LEFT JOIN pg_catalog.pg_roles t ON t.oid = r.grantee
WHERE r.grantee IN (SELECT oid FROM pair) OR r.grantor = (SELECT oid FROM clone)
UNION ALL
SELECT 'default', format('FOR ROLE %I', o.rolname) || coalesce(format(' IN SCHEMA %I', n.nspname), ''),
  x.privilege_type || ' ON ' || ${laterObjects}, o.rolname, t.rolname, x.is_grantable, ''
FROM pg_catalog.pg_default_acl d JOIN pg_catalog.pg_roles o ON o.oid = d.defaclrole
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) x
  LEFT JOIN pg_catalog.pg_roles t ON t.oid = x.grantee
WHERE x.grantee <> d.defaclrole AND (SELECT oid FROM clone) IN (x.grantee, d.defaclrole)
UNION ALL
SELECT 'role', r.rolname, '', g.rolname, t.rolname, m.admin_option,
  concat_ws(', ', CASE WHEN m.inherit_option THEN 'INHERIT' END, CASE WHEN m.set_option THEN 'SET' END)
FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.roleid JOIN pg_catalog.pg_roles t ON t.oid = m.member
  JOIN pg_catalog.pg_roles g ON g.oid = m.grantor
WHERE (m.member IN (SELECT oid FROM pair) OR (SELECT oid FROM clone) IN (m.roleid, m.grantor))
  AND NOT (m.member = (SELECT oid FROM clone) AND r.rolname = $2) AND t.rolname <> session_user
UNION ALL
SELECT 'policy', format('%I ON %s', p.polname, p.polrelid::regclass),
  (SELECT coalesce(string_agg(format('%I', o.rolname), ', ' ORDER BY o.rolname), '') FROM pg_catalog.pg_roles o
    WHERE o.oid = ANY (p.polroles) AND o.rolname NOT IN ($1, $2)), w.rolname, $1, false, ''
FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid JOIN pg_catalog.pg_roles w ON w.oid = c.relowner
WHERE (SELECT oid FROM clone) = ANY (p.polroles)
UNION ALL
SELECT CASE WHEN s.deptype = 'o' THEN 'owned' ELSE 'other' END, pg_describe_object(s.classid, s.objid, s.objsubid), '', $1, $1, false, ''
FROM pg_catalog.pg_shdepend s
WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.refobjid = (SELECT oid FROM clone)
  AND (s.dbid = 0 OR s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
  AND (s.deptype = 'o' AND s.classid <> 'pg_catalog.pg_default_acl'::regclass OR s.deptype NOT IN ('o', 'a', 'r'))
ORDER BY 1, 2, 3, 4, 5`;

export async function holdingsOf(session: SqlSession, clone: string, base: string): Promise<readonly Holding[]> {
  const rows = await session.query(statement, [clone, base]);
  return rows.map((row) => ({
    what: String(row['what']) as Holding['what'],
    target: String(row['target']),
    privilege: String(row['privilege']),
    grantor: String(row['grantor']),
    grantee: row['grantee'] === null ? undefined : String(row['grantee']),
    grantable: row['grantable'] === true,
    options: String(row['options']),
  }));
}
