"""The ERP's door for machines: OData 4 over HTTP, as Finance & Operations and Dataverse speak it.

What it knows: service document, `$metadata`, rows with `$select`, `$filter`, `$orderby`, `$top`, `$count`, pages with next
links, delta links, POST, PATCH and DELETE with ETags, `$batch` with change sets, tokens by client credentials. What goes
wrong in real services goes wrong here on demand, see `faults`.
"""
