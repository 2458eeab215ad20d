"""The reference connector: tables in the memory of this process, for tests and for trying maps out."""
