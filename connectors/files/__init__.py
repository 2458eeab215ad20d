"""A folder of CSV files: `<table>.csv` with a header, RFC 4180. Settings: `folder`, `encoding`, `delimiter`."""
