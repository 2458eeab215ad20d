"""Files of a folder or an S3-compatible bucket: `<table>.csv`, `<table>.jsonl` or `<table>.xlsx`."""
