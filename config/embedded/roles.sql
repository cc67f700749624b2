-- The two roles of a node and what the second may do with the tables of the first. Run once on a server, as a
-- superuser, in template1, so that every database made later inherits the privileges.
-- node_owner owns the schema and runs migrations; it may make databases, so that tests can have their own.
-- Row-level security does not bind it, so that a migration and a backup see every row.
-- node_app serves requests, bound by row-level security: rows only, no schema; migrations take UPDATE and DELETE on append-only tables from it.
CREATE ROLE node_owner LOGIN CREATEDB NOSUPERUSER BYPASSRLS;
CREATE ROLE node_app LOGIN NOCREATEDB NOSUPERUSER NOBYPASSRLS;
-- The owner may act as the application: the tests do, so that nothing passes there that a node would be refused.
GRANT node_app TO node_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE node_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO node_app;
ALTER DEFAULT PRIVILEGES FOR ROLE node_owner GRANT USAGE, SELECT ON SEQUENCES TO node_app;
