"""The sample ERP: a wholesaler's back office with a database of its own.

It stands in for the outside system of a real installation, so it knows nothing of Foyer: no module of `metadata`,
`runtime` or the rest of `connectors` enters here. Outsiders talk to it the way they talk to most ERPs, through tables:
they read rows by `modified_seq` and put new orders down as `sales_order` rows with `intake_status` 'new'.
"""
