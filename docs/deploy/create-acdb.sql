-- A second database on the same server for the customer data that is imported from Access.
-- Leave it unused when ACDB_URL names the SQL Server or PostgreSQL of somebody else.
CREATE DATABASE acdb;
