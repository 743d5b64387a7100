"""The store on PostgreSQL, for several workers; imported only where a database is named."""
