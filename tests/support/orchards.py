"""A foreign database that nobody here designed: orchards whose key is two columns, trees that point at trees, workers who
work in several orchards, and a table without any key."""

from __future__ import annotations

import sqlalchemy as sa

TABLES = (
    "CREATE TABLE country (code CHAR(2) NOT NULL PRIMARY KEY, name VARCHAR(80) NOT NULL)",
    "CREATE TABLE orchard (region VARCHAR(10) NOT NULL, no INTEGER NOT NULL, name VARCHAR(120) NOT NULL, country_id CHAR(2),"
    " founded DATE, acreage DECIMAL(10,2), state VARCHAR(20), notes VARCHAR(9000), PRIMARY KEY (region, no),"
    " FOREIGN KEY (country_id) REFERENCES country (code),"
    " CONSTRAINT states CHECK (state IN ('open', 'closed for good')))",
    "CREATE TABLE tree (region VARCHAR(10) NOT NULL, orchard_no INTEGER NOT NULL, tree_no INTEGER NOT NULL, parent_no INTEGER,"
    " kind VARCHAR(40), planted TIMESTAMP NULL, height DOUBLE PRECISION, PRIMARY KEY (region, orchard_no, tree_no),"
    " FOREIGN KEY (region, orchard_no) REFERENCES orchard (region, no),"
    " FOREIGN KEY (region, orchard_no, parent_no) REFERENCES tree (region, orchard_no, tree_no))",
    "CREATE TABLE worker (id INTEGER NOT NULL PRIMARY KEY, boss_id INTEGER, email VARCHAR(100) NOT NULL, version VARCHAR(4),"
    " UNIQUE (email), FOREIGN KEY (boss_id) REFERENCES worker (id))",
    "CREATE TABLE worker_orchard (worker_id INTEGER NOT NULL, region VARCHAR(10) NOT NULL, orchard_no INTEGER NOT NULL,"
    " PRIMARY KEY (worker_id, region, orchard_no), FOREIGN KEY (worker_id) REFERENCES worker (id),"
    " FOREIGN KEY (region, orchard_no) REFERENCES orchard (region, no))",
    "CREATE TABLE logline (said VARCHAR(100))",
)
ROWS = (
    "INSERT INTO country (code, name) VALUES ('SE', 'Sweden'), ('NL', 'Netherlands')",
    "INSERT INTO orchard (region, no, name, country_id, founded, acreage, state, notes) VALUES"
    " ('north', 1, 'Old hill', 'SE', '1901-05-06', 12.50, 'open', 'Steep'), ('south', 1, 'Low land', 'NL', NULL, NULL,"
    " 'closed for good', NULL), ('south', 2, 'Nowhere', NULL, NULL, 3.25, NULL, NULL)",
    "INSERT INTO tree (region, orchard_no, tree_no, parent_no, kind, planted, height) VALUES"
    " ('north', 1, 1, NULL, 'apple', '1999-04-01 10:30:00', 4.5), ('north', 1, 2, 1, 'apple', NULL, 3.25),"
    " ('north', 1, 3, 2, 'pear', NULL, NULL), ('south', 2, 1, NULL, 'plum', NULL, 1.5)",
    "INSERT INTO worker (id, boss_id, email, version) VALUES (7, NULL, 'ann@farm.example', 'a')",
    "INSERT INTO worker (id, boss_id, email, version) VALUES (8, 7, 'bo@farm.example', NULL)",
    "INSERT INTO worker_orchard (worker_id, region, orchard_no) VALUES (7, 'north', 1), (7, 'south', 2), (8, 'south', 2)",
)
ADOPTABLE = ("country", "orchard", "tree", "worker", "worker_orchard")


def planted(url: str) -> sa.Engine:
    """The tables with their rows, in a database of whatever kind."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in (*TABLES, *ROWS):
            connection.exec_driver_sql(statement)
    return engine
