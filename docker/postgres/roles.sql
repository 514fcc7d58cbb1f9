-- roles.sql - who may do what in the database; run once, when it is made.
--
-- The sink makes its schema and owns what is in it; Grafana, and people, may read that.
\set writer `cat /secrets/postgres/writer`
\set reader `cat /secrets/postgres/reader`
CREATE ROLE leat LOGIN PASSWORD :'writer';
CREATE ROLE reader LOGIN PASSWORD :'reader';

REVOKE ALL ON DATABASE blackfriday FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE blackfriday TO leat;
GRANT CONNECT ON DATABASE blackfriday TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE leat GRANT USAGE ON SCHEMAS TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE leat GRANT SELECT ON TABLES TO reader;
ALTER ROLE reader SET search_path = black_friday_sales;
