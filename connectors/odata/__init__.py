"""A service that speaks OData 4, as Dynamics 365 Finance & Operations and Dataverse do.

Settings: `url`; `token_url`, `client_id`, `client_secret`, `scope` or `resource` where it wants a token; `query`, `paging`,
`empty_date`, `timeout`, `ca_file` where it has habits of its own.
"""
