"""Any database that SQLAlchemy has a driver for. Setting: `url`, and `schema` where tables are not in the default one."""
