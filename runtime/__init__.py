"""What a visitor gets: from a request over access and rows to a page; also identity and the command line.

May enter: metadata and connectors. Business rows are reached through `runtime.records` only.
"""
